"""The pages of safety: who sees what, what they do, in how many statements."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from safety.models import EventOfReaction, ReportVersion, SafetyCase, Submission
from safety.services import reports
from tests.factories import cases, custody, study
from trial.crf.owner import Owner
from trial.crf.services import strike
from trial.inbox.models import Item
from trial.protocol.casebook.adverse_event import FORM
from visits.models import InfusionReaction

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
VIEWERS = ("coordinator", "investigator", "sponsor", "monitor", "datamanager", "safety",
           "statistician")  # fmt: skip


@pytest.fixture
def case(cast):
    return cases.serious(study.enrolled(cast.site))


@pytest.fixture
def show(cast, sign_in):
    def get(user, address):
        return sign_in(cast.users[user]).get(address)

    return get


@pytest.fixture
def post(cast, sign_in):
    def send(user, address, **data):
        return sign_in(cast.users[user]).post(address, data)

    return send


def of(case, tail=""):
    return f"/safety/cases/{case.pk}/{tail}"


# --- who sees what ------------------------------------------------------------------------------
@pytest.mark.parametrize("user", VIEWERS)
def test_a_case_is_listed_and_opened(show, case, user):
    listed = show(user, "/safety/").content.decode()
    assert f'href="/safety/cases/{case.pk}/"' in listed
    assert show(user, of(case)).status_code == 200


@pytest.mark.parametrize("user", ["coordinator2", "investigator2"])
def test_another_sites_case_does_not_exist(show, post, case, user):
    reports.submit(case=case, by=study.SETUP)
    assert f"/safety/cases/{case.pk}/" not in show(user, "/safety/").content.decode()
    for tail in ("", "versions/1/"):
        assert show(user, of(case, tail)).status_code == 404
    assert post(user, of(case, "submit/"), news="x").status_code == 404
    assert Submission.objects.count() == 1


@pytest.mark.parametrize("user", ["pharmacist", "admin", "outsider"])
def test_who_has_no_part_in_it_is_refused(show, case, user):
    assert show(user, "/safety/").status_code == 403
    assert show(user, of(case)).status_code == 403


@pytest.mark.parametrize(
    ("user", "tail"),
    [("sponsor", "submit/"), ("safety", "submit/"), ("monitor", "submit/"),
     ("investigator", "outside/"), ("sponsor", "outside/")],
)  # fmt: skip
def test_who_has_not_the_right_does_nothing(post, case, user, tail):
    assert post(user, of(case, tail)).status_code in (403, 404)
    assert not Submission.objects.exists()


def test_only_those_who_see_all_sites_see_the_pooled_counts(show, case):
    assert "Stopping rules" in show("safety", "/safety/").content.decode()
    assert "Stopping rules" not in show("investigator", "/safety/").content.decode()


# --- the list -----------------------------------------------------------------------------------
def test_what_is_overdue_comes_first_and_filters_narrow_down(cast, show):
    late, fresh = (study.enrolled(cast.site) for _n in range(2))
    elsewhere = study.enrolled(cast.other_site)
    new = cases.serious(fresh)
    old = cases.serious(late, aware_at=timezone.now() - 30 * HOUR)
    other = cases.pregnancy(elsewhere)

    def listed(query=""):
        lines = show("safety", f"/safety/{query}").context["lines"]
        return [line.held.case.pk for line in lines]

    assert listed() == [old.pk, new.pk, other.pk]
    assert listed("?state=overdue") == [old.pk]
    assert set(listed("?state=due")) == {new.pk, other.pk}
    assert listed("?site=02") == [other.pk]
    assert listed("?state=nonsense") == [old.pk, new.pk, other.pk]
    reports.submit(case=new, by=study.SETUP)
    assert listed("?state=withdrawn") == []


def test_the_list_is_paged(cast, show):
    person = study.enrolled(cast.site)
    for number in range(27):
        cases.serious(person, medically_important=True) if not number else cases.make_serious(
            person, cases.event(person, term=f"Fever {number}")
        )
    assert len(show("safety", "/safety/").context["lines"]) == 25
    assert len(show("safety", "/safety/?page=2").context["lines"]) == 2


# --- the page of a case -------------------------------------------------------------------------
def test_the_whole_way_of_a_report(show, post, case):
    assert post("investigator", of(case, "submit/")).status_code == 302
    sent = Submission.objects.get()
    assert sent.sent_by == "investigator"
    shown = show("safety", of(case)).content.decode()
    assert "Confirm the receipt" in shown
    assert "Confirm the receipt" not in show("investigator", of(case)).content.decode()
    tail = f"receipts/{sent.pk}/"
    assert post("safety", of(case, tail), acknowledged_at="", reference="R-1").status_code == 302
    again = post("safety", of(case, tail), acknowledged_at="", reference="R-1")
    assert again.status_code == 422
    assert "confirmed already" in again.content.decode()


def test_what_is_refused_keeps_what_was_typed(post, case):
    reports.submit(case=case, by=study.SETUP)
    answer = post("coordinator", of(case, "submit/"), news="the very same")
    assert answer.status_code == 422
    assert "the very same" in answer.content.decode()


def test_the_safety_officer_records_what_went_to_the_authority(post, show, case):
    cases.judged(case.participant, 1, "possible")
    reports.submit(case=case, by=study.SETUP)
    cases.assessed(case.participant, 1, expectedness="unexpected")
    shown = show("safety", of(case)).content.decode()
    assert "SUSAR → authority" in shown
    chosen = ["susar:authority:0", "susar:ethics_committee:0"]
    answer = post("safety", of(case, "outside/"), reports=chosen, sent_at="", reference="CDE-7")
    assert answer.status_code == 302
    assert Submission.objects.filter(reference="CDE-7").count() == 2
    wrong = post("safety", of(case, "outside/"), reports=["sae:sponsor:0"], sent_at="x")
    assert wrong.status_code == 422


def test_contradictions_about_a_death_are_shown(show, cast):
    person = study.enrolled(cast.site)
    day = timezone.now().astimezone(person.site.zone).date().isoformat()
    number = cases.event(person, grade="5", outcome="fatal", ongoing=False, ends_on=day)
    case = cases.make_serious(person, number, death=True, died_on=day)
    cases.judged(person, number)
    shown = show("safety", of(case)).content.decode()
    assert "A fatal event, but the form of the death is not filled in." in shown


def test_a_struck_line_leaves_a_case_that_can_be_read(show, case):
    reports.submit(case=case, by=study.SETUP)
    strike(owner=Owner(case.participant), form=FORM, number=1, by=study.SETUP, reason="wrong")
    shown = show("safety", of(case)).content.decode()
    assert "not serious any more" in shown
    assert show("safety", "/safety/").status_code == 200


def test_a_report_is_printed_with_its_elements_and_what_is_missing(show, case):
    sent = reports.submit(case=case, by=study.SETUP)
    shown = show("safety", of(case, "versions/1/")).content.decode()
    assert "UC-MSC or placebo (blinded)" in shown
    assert sent.version.sha256 in shown
    assert "Reaction / Event (MedDRA code)" in shown  # missing, and named
    assert show("safety", of(case, "versions/2/")).status_code == 404


def test_a_version_that_was_tampered_with_is_told(show, case, admin_connection):
    version = reports.submit(case=case, by=study.SETUP).version
    version.content["about"]["susar"] = True
    assert not version.intact
    assert ReportVersion.objects.get().intact


def test_the_frozen_elements_are_the_cases(case):
    person = case.participant
    cases.fill(person, "serious_event", "report", adverse_event=1, report="initial",
               qualification="physician")  # fmt: skip
    cases.fill(person, "serious_event", "course", number=1, narrative="发热两天。")
    version = reports.submit(case=case, by=study.SETUP).version
    held = {(one, tuple(at)): value for one, at, value, _null in version.content["elements"]}
    assert held["E.i.1.1a", (1,)] == "Fever"
    assert held["H.1", ()] == "发热两天。"
    assert held["C.2.r.4", (1,)] == "1"
    assert held["E.i.3.2c", (1,)] == "true"
    assert held["D.1.1.4", ()] == person.code
    assert held["C.1.4", ()] == held["C.1.5", ()]
    missing = {one for one, _at in version.content["missing"]}
    assert "E.i.2.1b" in missing
    assert "H.1" not in missing


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_pages_in_both_languages(cast, sign_in, case, language):
    reports.submit(case=case, by=study.SETUP)
    client = sign_in(cast.safety)
    client.post("/language/", {"language": language, "next": "/"})
    for address in ("/safety/", of(case), of(case, "versions/1/")):
        assert client.get(address).status_code == 200


def test_items_lead_to_the_case(show, case):
    shown = show("investigator", "/inbox/").content.decode()
    assert f"/safety/cases/{case.pk}/" in shown
    assert "is serious: to be reported within 24 hours" in shown


def test_the_safety_officers_home_counts_what_is_due(cast, show, case):
    cases.serious(study.enrolled(cast.site), aware_at=timezone.now() - 30 * HOUR)
    found = {str(one.label): one.value for one in show("safety", "/").context["stats"]}
    assert found == {
        "Safety reports overdue": 1, "Safety reports due": 1, "Receipts to confirm": 0
    }  # fmt: skip


# --- beside the casebook ------------------------------------------------------------------------
def reaction(cast, person):
    bag = custody.started(custody.bag_for(person, "D0", second=cast.coordinator), 120)
    custody.put(bag, "reaction-chills", occurred=True, onset=custody.moment(60), grade=2,
                note="")  # fmt: skip
    return InfusionReaction.objects.get(term="chills")


def test_a_reaction_becomes_a_prefilled_line_and_its_item_closes(cast, show, post):
    person = study.enrolled(cast.site)
    chills = reaction(cast, person)
    lines = f"/participants/{person.code}/casebook/adverse_event/"
    assert "Make an adverse event of it" in show("coordinator", lines).content.decode()
    answer = post("coordinator", f"/safety/reactions/{chills.pk}/event/")
    assert answer["Location"] == f"{lines}1/"
    event = EventOfReaction.objects.get().event
    assert (event.term, event.ctcae_term, event.grade) == ("chills", "chills", "2")
    assert (event.infusion, str(event.hours_after), event.started_at) == (1, "1.0", chills.onset)
    assert not Item.objects.filter(kind="infusion_reaction", done_at=None).exists()
    assert "Make an adverse event of it" not in show("coordinator", lines).content.decode()
    assert show("coordinator", f"{lines}1/").status_code == 200


def test_a_reaction_becomes_one_line_until_that_is_struck(cast, post):
    person = study.enrolled(cast.site)
    chills = reaction(cast, person)
    for _n in range(2):
        post("coordinator", f"/safety/reactions/{chills.pk}/event/")
    assert EventOfReaction.objects.count() == 1
    strike(owner=Owner(person), form=FORM, number=1, by=study.SETUP, reason="wrong")
    post("coordinator", f"/safety/reactions/{chills.pk}/event/")
    assert EventOfReaction.objects.count() == 2


def test_another_sites_reaction_does_not_exist(cast, post):
    chills = reaction(cast, study.enrolled(cast.site))
    assert post("coordinator2", f"/safety/reactions/{chills.pk}/event/").status_code == 404


def test_the_line_leads_to_its_case(show, case):
    code = case.participant.code
    for tail in ("", "1/"):
        shown = show("investigator", f"/participants/{code}/casebook/adverse_event/{tail}")
        assert f"/safety/cases/{case.pk}/" in shown.content.decode()


def test_a_serious_section_is_saved_again_through_its_page(cast, sign_in, case):
    """A section with a time in it: what was drawn on the site's clock is what is stored."""
    client = sign_in(cast.coordinator)
    address = f"/participants/{case.participant.code}/casebook/adverse_event/1/"
    sheet = client.get(address).context["sheet"]
    part = next(one for one in sheet.parts if one.section.code == "seriousness")
    data = {f"{part.form.prefix}-{name}": part.form[name].value() for name in part.form.fields}
    data |= {f"{part.form.prefix}-disability": "on", "reason": "more is known", "key": "k" * 8,
             **{f"why-AE-{n}": "as in the source" for n in range(60)}}  # fmt: skip
    data = {name: value for name, value in data.items() if value not in (None, False)}
    answer = client.post(f"{address}seriousness/save/", data)
    assert answer.status_code == 302, answer.content.decode()[-3000:]


# --- statements ---------------------------------------------------------------------------------
def statements(client, address):
    client.get(address)
    with CaptureQueriesContext(connection) as found:
        assert client.get(address).status_code == 200
    control = ("SAVEPOINT", "RELEASE")
    return sum(not query["sql"].startswith(control) for query in found)


def grow(cast, count):
    for _n in range(count):
        person = study.enrolled(cast.site)
        cases.serious(person)
        reports.submit(case=cases.pregnancy(person), by=study.SETUP)


def test_statements_do_not_grow_with_the_study(cast, sign_in, case):
    reports.submit(case=case, by=study.SETUP)
    code = case.participant.code
    addresses = {
        "/safety/": "safety", of(case): "safety", of(case, "versions/1/"): "sponsor",
        f"/participants/{code}/casebook/adverse_event/": "investigator",
    }  # fmt: skip
    few = {one: statements(sign_in(cast.users[user]), one) for one, user in addresses.items()}
    grow(cast, 3)
    cases.fill(case.participant, "adverse_event", "event", number=1, outcome="recovering")
    reports.submit(case=case, by=study.SETUP, news="Better.")
    many = {one: statements(sign_in(cast.users[user]), one) for one, user in addresses.items()}
    assert many == few
    assert {one: n for one, n in many.items() if n > 15} == {}
    assert SafetyCase.objects.count() == 7
