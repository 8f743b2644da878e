"""One participant from screening to week 96, as the people of the site and the sponsor enter it.

Each step is a function of its own; what is to be shown of a further page is a further step. Every
kind of form is filled in at least once through its page, with the keyboard.
"""

import re
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest
from playwright.sync_api import expect

from labs.services.evaluation import evaluate_pending
from patients.models import Participant, Status
from randomization.models import Allocation
from safety.cases import Kind
from safety.models import SafetyCase
from tests.factories import filling, study
from tests.factories.allocation import list_in_force, stocked
from tests.functional.casebook_answers import UNCHANGED, at, forms_of, judged, typed
from tests.functional.casebook_desk import Desk
from tests.functional.test_main_job import exported
from trial.access.services import issue_token
from trial.crf.models import MODELS
from trial.protocol import registry
from trial.protocol.casebook.forms import BY_CODE
from trial.quality.models import Query

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "sealed"])
DAY = timedelta(days=1)
LABS = {  # a complete response at week 12, lost at week 36, and found again
    "D0": ("300", "250", "22"), "W4": ("120", "98", "19"), "W8": ("60", "52", "17"),
    "W12": ("30", "28", "15"), "W24": ("30", "28", "14"), "W36": ("125", "90", "17.5"),
    "W48": ("38", "35", "15"), "W72": ("30", "28", "14"), "W96": ("28", "26", "14"),
}  # fmt: skip
TYPED_AT = ("D0", "W4", "W12", "W48")  # visits whose forms are filled in through their page


class Calendar:
    """The days of the course, all of them past: it is entered from the patient's file."""

    def __init__(self, today: date) -> None:
        self.day0 = today - timedelta(weeks=97)
        self.screened = self.day0 - timedelta(days=14)

    def week(self, number: int) -> date:
        return self.day0 + timedelta(weeks=number)


@pytest.fixture
def desk(new_context, live_server) -> Desk:
    return Desk(new_context, live_server.url)


def test_a_participant_is_taken_from_screening_to_the_end_of_the_study(desk, cast):
    list_in_force(cast.site)
    stocked(cast.site, {"A": 5, "B": 5})
    days = Calendar(cast.site.today())

    desk.be("coordinator")
    person = screened_and_consented(desk, days)
    study.enter(person, "SCR", {"IGG": "19.2", "ALT": "300", "AST": "250"}, cast.laboratory)
    diagnosis_makes_a_score(desk, days)
    other_forms_of_screening(desk, person, days)
    criteria_are_answered_as_the_forms_propose(desk)
    desk.be("investigator")
    enrolled_and_randomised(desk, person, days)

    desk.be("coordinator")
    visit_is_held(desk, "D0", days.day0)
    day_0_by_keyboard(desk, person, days)
    treatment_begins(desk, days)
    for code in LABS:
        a_visit(desk, person, code, cast.laboratory)
    relapse_is_seen_and_treated(desk, days)
    event = a_serious_event(desk, days)
    its_report_is_sent(desk, event)
    a_pregnancy(desk, days)
    a_deviation(desk, days)
    the_end(desk, person, days)
    desk.be("safety")
    its_receipt_is_confirmed(desk, event)
    the_sponsor_assesses(desk, event, days)

    desk.be("investigator")
    the_course_is_seen(desk)
    everything_is_complete(desk)
    exports_have_the_values(desk, cast, person.code, days)
    another_participant_dies(desk, cast, days)
    assert desk.filled == set(BY_CODE)
    assert desk.problems == []


# --- screening ----------------------------------------------------------------------------------
def screened_and_consented(desk: Desk, days: Calendar) -> Participant:
    page = desk.page
    page.goto(f"{desk.server}/participants/new/")
    page.get_by_label("Screening date").fill(str(days.screened))
    page.get_by_label("Year of birth").fill("1992")
    page.get_by_label("female", exact=True).press("Space")
    page.get_by_label("yes", exact=True).press("Space")
    page.keyboard.press("Enter")
    expect(page.locator(".big-code-value")).to_be_visible()
    person = Participant.objects.select_related("site").get()
    desk.code = person.code
    page.get_by_label("Version of the consent form").fill("1.0")
    page.get_by_label("Signed on").fill(str(days.screened))
    page.get_by_label("Signed at").fill("08:30")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("Consent recorded.")
    return person


def diagnosis_makes_a_score(desk: Desk, days: Calendar) -> None:
    on = days.screened
    dated = dict.fromkeys(("viral_on", "afp_on", "liver_imaging_on", "doppler_on"), on)
    month = on.isoformat()[:7]
    answers = {name: value for name, value in filling.DIAGNOSIS.items() if value is not None}
    answers |= {name: month for name in answers if name.endswith("_on")} | dated
    desk.sheet("diagnosis", answers)
    desk.go("casebook/diagnosis/1/")
    expect(desk.page.locator(".crf-panel summary").first).to_contain_text(
        re.compile(r"Simplified score \(IAIHG 2008\): 8")
    )
    desk.shows("Inclusion criterion I2 asks for at least 6: met.")


def other_forms_of_screening(desk: Desk, person: Participant, days: Calendar) -> None:
    """Of the screening visit itself the forms come in as any other's do later."""
    month = days.screened.isoformat()[:7]
    desk.line("pregnancy_test", {
        "tested_on": days.day0 - 4 * DAY, "specimen": "serum", "result": "negative",
        "beta_hcg": "1",
    })  # fmt: skip
    desk.line("medical_history", {
        "condition": "Asthma", "category": "respiratory", "started": "2019", "ongoing": True,
        "treated": False,
    })  # fmt: skip
    desk.sheet("genotype", {
        "tpmt": "normal", "tpmt_method": "pcr", "tpmt_on": month,
        "nudt15": "normal", "nudt15_method": "pcr", "nudt15_on": month,
    })  # fmt: skip
    visit = study.visit_of(person, "SCR")
    for code, answers in forms_of("SCR", days.screened).items():
        filling.fill(person, code, typed(code, answers, person), visit=visit)


def criteria_are_answered_as_the_forms_propose(desk: Desk) -> None:
    desk.go("screening/")
    page = desk.page
    expect(page.locator("#criterion-I2")).to_contain_text("By the diagnosis form:")
    expect(page.locator("#criterion-I3")).to_contain_text("By the pregnancy tests:")
    for code in ("I1", "I2", "I3", "AGE"):
        page.locator(f"input[name={code}]").first.press("Space")
    page.get_by_label("Simplified score").fill("8")
    for number in range(1, 7):
        page.locator(f"input[name=E{number}][value=no]").press("Space")
    expect(page.locator("#decision")).to_contain_text("Eligible")
    page.get_by_role("button", name="Keep answers").press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("Answers kept.")


def enrolled_and_randomised(desk: Desk, person: Participant, days: Calendar) -> None:
    desk.go("screening/")
    page = desk.page
    expect(page.locator("#decision")).to_contain_text("Eligible")
    page.get_by_label("Enrolled on").fill(str(days.day0 - 3 * DAY))
    page.get_by_label("Planned day 0").fill(str(days.day0))
    page.get_by_label("Induction").fill(str(days.day0))
    page.get_by_label("treatment-naive").press("Space")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/schedule/"))
    assert person.visits.count() == 10

    desk.go("randomise/")
    page.get_by_label("User name").fill("investigator")
    page.get_by_label("Password").fill(study.PASSWORD)
    page.get_by_role("button", name="Sign and randomise").press("Enter")
    page.wait_for_url(re.compile("/allocation/"))
    desk.shows(Allocation.objects.get(participant=person).number)


# --- visits -------------------------------------------------------------------------------------
def visit_is_held(desk: Desk, code: str, on: date) -> None:
    desk.go(f"visits/{code}/")
    desk.page.get_by_label("Date of visit").fill(str(on))
    desk.page.get_by_role("button", name="Record visit").press("Enter")
    desk.page.wait_for_url(re.compile("/visits/$"))


def day_0_by_keyboard(desk: Desk, person: Participant, days: Calendar) -> None:
    """A heart rate of 130 is asked about where it is typed; what is said there answers the query
    that it opens, and nobody is asked again."""
    desk.go("visits/D0/forms/")
    answers = forms_of("D0", days.day0)
    part = desk.save("vital_signs", "measured", {**answers["vital_signs"], "heart_rate": 130})
    expect(part.locator(".crf-why")).to_contain_text("outside the usual 50–120 /min")
    assert not MODELS["vital_signs"].objects.filter(visit__code="D0").exists()
    desk.explain("vital_signs", "measured", "counted twice, excited")
    expect(part.locator("[data-said]")).to_have_text("stored")
    query = Query.objects.get(participant_id=person.pk, cause__contains="vital_signs.heart_rate")
    assert query.status == "answered"
    desk.at_visit("symptoms", answers["symptoms"])
    desk.go("visits/D0/forms/")
    desk.page.get_by_role("link", name=f"#{query.pk} Vital signs: Heart rate, D0").press("Enter")
    desk.shows("counted twice, excited")


def a_visit(desk: Desk, person: Participant, code: str, laboratory: Any) -> None:
    """Held, its labs put in, its forms filled in: at some visits through their page."""
    visit = study.visit_of(person, code)
    on = visit.target_on
    assert on is not None
    if code != "D0":
        visit_is_held(desk, code, on)
    values = dict(zip(("ALT", "AST", "IGG"), LABS[code], strict=True))
    study.enter(person, code, values, laboratory)
    if code == "D0":
        return
    if code in TYPED_AT:
        desk.go(f"visits/{code}/forms/")
        for form, answers in forms_of(code, on).items():
            desk.at_visit(form, answers)
        return
    visit.refresh_from_db()
    for form, answers in forms_of(code, on).items():
        filling.fill(person, form, typed(form, answers, person), visit=visit)


# --- treatment ----------------------------------------------------------------------------------
def treatment_begins(desk: Desk, days: Calendar) -> None:
    """Induction, its taper at week 4, azathioprine once the genotypes are known."""
    line = {"frequency": "daily", "route": "oral", "indication": "induction"}
    desk.line("aih_therapy", {
        **line, "drug": "prednisolone", "daily_mg": "40", "started": days.day0, "ongoing": False,
        "stopped": days.week(4), "change_reason": "first",
    })  # fmt: skip
    desk.line("aih_therapy", {
        **line, "drug": "prednisolone", "daily_mg": "10", "started": days.week(4), "ongoing": True,
        "change_reason": "taper",
    })  # fmt: skip
    desk.line("aih_therapy", {
        **line, "drug": "azathioprine", "daily_mg": "50", "weight_kg": "62",
        "started": days.week(2), "ongoing": True, "change_reason": "first",
    })  # fmt: skip
    desk.line("disposition", {"event": "treatment_completed", "happened_on": days.week(8)})


def relapse_is_seen_and_treated(desk: Desk, days: Calendar) -> None:
    """The labs of week 36 mean a relapse: the dose before ends, a higher one follows."""
    evaluate_pending(process="test")
    desk.go("")
    desk.shows("Relapse")
    desk.shows("ALT 3.1×ULN at week 36 after CBR at week 12")
    raised = days.week(36) + 3 * DAY
    desk.go("casebook/aih_therapy/2/")
    ends = {"ongoing": False, "stopped": raised}
    desk.correct("aih_therapy", "course", ends, "Raised for the relapse")
    desk.line("aih_therapy", {
        "drug": "prednisolone", "daily_mg": "30", "frequency": "daily", "route": "oral",
        "started": raised, "ongoing": True, "indication": "relapse", "change_reason": "relapse",
    })  # fmt: skip


# --- safety -------------------------------------------------------------------------------------
def a_serious_event(desk: Desk, days: Calendar) -> int:
    """Pneumonia with admission; the site became aware the day after it began. Entered so late, the
    report to the sponsor is asked for at once; the query is settled when the report is there."""
    start = days.week(30)
    event = desk.line("adverse_event", {
        "term": "Pneumonia", "ctcae_term": "lung_infection", "grade": "3", "severity": "severe",
        "starts_on": start, "ongoing": False, "ends_on": start + 12 * DAY, "outcome": "recovered",
        "serious": True, "aware_at": at(start + DAY, 9, 30), "hospitalisation": True,
        "hospital_on": start + DAY, **judged("cause", steroid="possible"), **UNCHANGED,
        "treated": True, "other_treatment": "Ceftriaxone for seven days", "after_infusion": False,
        "after_biopsy": False, "special_interest": True, "aesi_infection": True,
    }, why={"seriousness": "The report is entered next"})  # fmt: skip
    desk.line("medication", {
        "drug": "Ceftriaxone", "given_for": "adverse_event", "indication": "Pneumonia",
        "event_line": event, "dose": "2", "unit": "g", "frequency": "daily", "route": "iv",
        "started": start + DAY, "ongoing": False, "stopped": start + 8 * DAY,
        "stop_reason": "completed",
    })  # fmt: skip
    desk.line("serious_event", {
        "adverse_event": event, "report": "initial", "qualification": "physician",
        "narrative": "Fever and cough for a day; infiltrate of the right lower lobe; recovered.",
        "admitted_on": start + DAY, "discharged_on": start + 12 * DAY,
        "dechallenge": "not_done", "rechallenge": "not_done", "autopsy": "not_applicable",
    })  # fmt: skip
    asked = Query.objects.get(cause__startswith="crf:AE-50")
    assert (asked.status, asked.outcome) == ("closed", "healed")
    return event


def its_report_is_sent(desk: Desk, event: int) -> None:
    case = SafetyCase.objects.get(kind=Kind.EVENT, number=event)
    desk.page.goto(f"{desk.server}/safety/cases/{case.pk}/")
    desk.page.get_by_role("button", name="Send").press("Enter")
    desk.shows("Sent: Serious adverse event to the sponsor")


def its_receipt_is_confirmed(desk: Desk, event: int) -> None:
    case = SafetyCase.objects.get(kind=Kind.EVENT, number=event)
    desk.page.goto(f"{desk.server}/safety/cases/{case.pk}/")
    desk.page.get_by_text("Confirm the receipt").press("Enter")
    desk.page.get_by_role("button", name="Confirm", exact=True).press("Enter")
    desk.shows("receipt confirmed")


def the_sponsor_assesses(desk: Desk, event: int, days: Calendar) -> None:
    received = at(days.week(30) + DAY, 15, 0)
    desk.line("sponsor_assessment", {
        "adverse_event": event, "received_at": received, "minimum_known": True,
        **judged("sponsor", steroid="possible"), "expectedness": "expected", "ib_version": "3.0",
        "reasoning": "Infections on steroids are listed.", "assessed_at": received + 2 * DAY,
    })  # fmt: skip


def a_pregnancy(desk: Desk, days: Calendar) -> None:
    last_period = days.week(52)
    born = last_period + 280 * DAY
    desk.line("pregnancy_report", {
        "who": "participant", "aware_at": at(days.week(58), 10, 0), "last_period": last_period,
        "due_on": born, "outcome": "live_birth", "outcome_on": born, "child": "healthy",
    })  # fmt: skip


def another_participant_dies(desk: Desk, cast: study.Cast, days: Calendar) -> None:
    """A death has its own form; who has died takes part in nothing else of this course."""
    other = study.enrolled(cast.site, day0=days.day0)
    on = days.week(20)
    filling.fill(other, "adverse_event", {
        "term": "Hepatic failure", "ctcae_term": "hepatic_failure", "grade": "5",
        "severity": "severe", "starts_on": str(on), "ongoing": False, "ends_on": str(on),
        "outcome": "fatal",
    })  # fmt: skip
    filling.fill(other, "disposition", {"event": "death", "happened_on": on})
    desk.code = other.code
    desk.sheet("death", {
        "died_on": on, "cause": "Hepatic failure", "place": "home", "autopsy": "no",
        "adverse_event": 1, "related_disease": True,
    })  # fmt: skip


# --- the end ------------------------------------------------------------------------------------
def a_deviation(desk: Desk, days: Calendar) -> None:
    on = days.week(72)
    desk.line("deviation", {
        "occurred_on": on, "found_on": on, "kind": "medication", "visit_label": "W72",
        "description": "Prednisolone was doubled for three days by mistake", "origin": "entered",
        "impact": "minor", "reported": False,
    })  # fmt: skip


def the_end(desk: Desk, person: Participant, days: Calendar) -> None:
    desk.line("disposition", {"event": "study_completed", "happened_on": days.week(96)})
    person.refresh_from_db()
    assert (person.status, person.ended_on) == (Status.COMPLETED, days.week(96))


def the_course_is_seen(desk: Desk) -> None:
    """What is worked out from all of it: grades of the labs, and everything along the time."""
    desk.go("toxicity/")
    desk.shows(re.compile("Alanine aminotransferase|ALT"))
    desk.go("timeline/")
    desk.shows("Pneumonia")


def everything_is_complete(desk: Desk) -> None:
    """No sheet and no line lacks an answer; the form of a death alone stays empty."""
    desk.go("casebook/")
    cells = desk.page.locator(".crf-cell")
    asked = sum(len(one.forms) for one in registry.latest().visits if one.week is not None)
    expect(cells).to_have_count(asked)
    expect(cells.filter(has_text="complete")).to_have_count(asked)
    tiles = desk.page.locator(".crf-tile")
    expect(tiles.filter(has_text="missing")).to_have_count(0)
    expect(tiles.filter(has_text="empty")).to_have_text(re.compile("Death"))
    expect(tiles.filter(has_text="0 lines")).to_have_count(0)


def exports_have_the_values(desk: Desk, cast: study.Cast, code: str, days: Calendar) -> None:
    key = issue_token(user=cast.sponsor, by=study.SETUP)
    events = exported(desk.server, key, "adverse-event")
    event = events[events.participant == code].iloc[0]
    start = str(days.week(30))
    found = (event.ctcae_term, event.grade, event.starts_on, event.serious, event.cause_steroid)
    assert found == ("lung_infection", "3", start, "true", "possible")
    assert pd.Timestamp(event.aware_at) == pd.Timestamp(
        at(days.week(30) + DAY, 9, 30), tz="Asia/Shanghai"
    )
    vitals = exported(desk.server, key, "vital-signs")
    rates = vitals[vitals.participant == code].set_index("visit").heart_rate.astype(int)
    assert rates["D0"] == 130
    assert len(rates) == 10
    assert set(rates.drop("D0")) == {70}
