"""Queries reach what a file brings, and lead to the form on which the answer is entered."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from labs.entry import Entry
from labs.models import Panel, Result
from labs.services.open_questions import ask_open_questions
from labs.services.panels import record_panel
from patients import services as patients
from reports.presenters.asked import changes
from reports.records import KINDS, Found, find
from tests.factories import study
from tests.integration.labs.importing import bring, table
from tests.integration.queries.asking import MONITOR, raised, result_of, with_labs
from trial.audit.context import transaction
from trial.audit.models import Event
from trial.protocol.label import Label
from trial.quality.models import Outcome, Query, Status
from trial.quality.services import asking
from visits.services import schedule as visits

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(cast):
    return study.enrolled(cast.site)


def imported(cast, person, value="4000"):
    visit = study.visit_of(person, "W12")
    bring(cast, table(f"{person.code},W12,{visit.target_on},ALT,{value},U/L,"))
    return visit


def correct(cast, visit, **entry):
    data = study.panel_entry(cast.laboratory, visit.target_on, {})
    return record_panel(
        visit=visit,
        data=replace(data, entries={"ALT": Entry(unit="U/L", **entry)}),
        base_version=Panel.objects.get(visit=visit).version,
        reason="Compared with the report",
        by=study.SETUP,
    )


# --- what a file brings ------------------------------------------------------------------------
@pytest.mark.req("R-12")
def test_an_unusual_value_from_a_file_waits_for_the_site_to_confirm_it(cast, person):
    imported(cast, person)
    query = Query.objects.get()
    assert (query.status, query.origin, query.visit_label) == (Status.OPEN, "edit_check", "W12")
    (message,) = query.messages.all()
    assert "nobody has confirmed it" in message.text


def test_an_ordinary_value_from_a_file_raises_nothing(cast, person):
    imported(cast, person, "40")
    assert not Query.objects.exists()


def test_the_site_s_confirmation_is_the_answer(cast, person):
    visit = imported(cast, person)
    correct(cast, visit, text="4000", confirmed=True, comment="Repeated on the same day")
    query = Query.objects.get()
    assert query.status == Status.ANSWERED
    assert query.messages.last().text == "Repeated on the same day"


def test_the_site_s_correction_closes_it(cast, person):
    visit = imported(cast, person)
    correct(cast, visit, text="40")
    assert Query.objects.get().outcome == Outcome.HEALED


def test_a_file_asks_about_no_value_that_was_there_before(cast, person):
    study.enter(person, "W12", {"ALT": "4000"}, cast.laboratory)
    visit = study.visit_of(person, "W12")
    bring(cast, table(f"{person.code},W12,{visit.target_on},AST,40,U/L,"))
    assert Query.objects.get().messages.count() == 2


# --- from the query to the form ------------------------------------------------------------------
@pytest.mark.req("R-13")
def test_a_correction_of_the_participant_names_the_query_that_led_to_it(cast, sign_in, person):
    found = Found(KINDS["participant"], person)
    ask = asking.manual(
        place=found.place,
        record=found.record("birth_year"),
        label=Label(found.label, found.label),
        text="1980 or 1981?",
    )
    query = asking.raise_query(ask=ask, by=MONITOR)[0]
    client = sign_in(cast.coordinator)
    board = client.get(reverse("patients:screening", args=[person.code]), {"query": query.pk})
    address = reverse("patients:details", args=[person.code]) + f"?query={query.pk}"
    assert address in board.content.decode()

    form = client.get(address).context["form"]
    assert form.initial["reason"] == f"Query #{query.pk}: 1980 or 1981?"
    client.post(address, {**form.initial, "birth_year": 1981})
    event = Event.objects.of_record("patients_participant", person.pk).changes().last()
    assert (event.new["birth_year"], event.reason) == (1981, form.initial["reason"])


@pytest.mark.parametrize("number", ["", "x", "-1", "9" * 30, "１２"])
def test_an_address_that_names_no_query_leads_on_without_one(cast, sign_in, person, number):
    client = sign_in(cast.coordinator)
    board = client.get(reverse("patients:screening", args=[person.code]), {"query": number})
    assert board.status_code == 200
    details = reverse("patients:details", args=[person.code])
    assert client.get(details, {"query": number}).context["form"].initial["reason"] == ""


def test_a_query_about_missing_labs_leads_to_the_lab_form(cast, sign_in, person):
    visit = study.visit_of(person, "W12")
    assert visit.target_on
    visits.hold(visit=visit, held_on=visit.target_on, by=study.SETUP)
    ask_open_questions(process="test", today=visit.target_on + timedelta(days=60))
    query = Query.objects.get(visit_label="W12")
    page = sign_in(cast.coordinator).get(reverse("reports:query", args=[query.pk]))
    assert page.context["correct_url"] == f"/visits/{visit.pk}/labs/?query={query.pk}"
    assert query.messages.get().text in page.content.decode()


@pytest.mark.req("R-12")
def test_a_corrected_unit_is_seen_on_the_query_s_page(cast, sign_in):
    person = with_labs(cast.site, cast.laboratory)
    study.enter(person, "W12", {"BILI": "17"}, cast.laboratory)
    row = result_of(person, "W12", "BILI")
    query = raised(row, "mg/dL or umol/L?")
    visit = study.visit_of(person, "W12")
    data = study.panel_entry(cast.laboratory, visit.target_on, {})
    entry = Entry("17", "mg/dL", confirmed=True, comment="as printed")
    record_panel(
        visit=visit, data=replace(data, entries={"BILI": entry}), base_version=1,
        reason="Unit misread", by=study.SETUP,
    )  # fmt: skip
    assert Result.objects.get(pk=row.pk).unit == "mg/dL"
    page = sign_in(cast.monitor).get(reverse("reports:query", args=[query.pk])).context
    assert page["now"] == "17 mg/dL"
    assert [(c.before, c.after) for c in page["changes"] if c.reason] == [("umol/L", "mg/dL")]


# --- whom the machine asks ------------------------------------------------------------------------
def held_without_labs(cast, day0):
    person = study.enrolled(cast.site, day0=day0)
    visit = study.visit_of(person, "D0")
    visits.hold(visit=visit, held_on=day0, by=study.SETUP)
    return person


def test_a_change_long_ago_is_on_the_query_s_page_and_in_the_value_s_history(cast, sign_in):
    person = with_labs(cast.site, cast.laboratory)
    panel = Panel.objects.get(visit__participant=person)
    with transaction(by=study.SETUP, reason="another hour"):
        Panel.objects.filter(pk=panel.pk).update(collected_time="06:30")
    for number in range(60):
        with transaction(by=study.SETUP, reason="again"):
            Panel.objects.filter(pk=panel.pk).update(dialysis=bool(number % 2))
    found = find(cast.monitor, "panel", panel.pk)
    assert "another hour" in [one.reason for one in changes(found, "collected_time")]
    address = reverse("reports:history", args=["panel", panel.pk])
    page = sign_in(cast.monitor).get(address, {"field": "collected_time"})
    assert "another hour" in page.content.decode()


def test_days_are_counted_at_the_site(cast):
    """23:30 in UTC on the 15th day is the 16th in Shanghai: more than 14 days after."""
    held_without_labs(cast, study.DAY0)
    evening = datetime.combine(study.DAY0, datetime.min.time(), UTC) + timedelta(
        days=14, hours=23, minutes=30
    )
    with time_machine.travel(evening - timedelta(hours=16), tick=False):
        ask_open_questions(process="test")
        assert not Query.objects.filter(visit_label="D0").exists()
    with time_machine.travel(evening, tick=False):
        ask_open_questions(process="test")
        assert Query.objects.filter(visit_label="D0").count() == 1


def test_who_failed_screening_is_asked_nothing(cast):
    person = study.screened(cast.site)
    patients.fail_screening(
        participant=person, on=person.screened_on, reason="Not eligible", by=study.SETUP
    )
    ask_open_questions(process="test", today=person.screened_on + timedelta(days=90))
    assert not Query.objects.exists()
