"""The screens of the trail: history of a record, all events, accounts, where to look first."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from labs.models import Result
from patients.models import Consent, CriterionAnswer
from reports.infusion_records import ROWS
from reports.models import TrailReview
from reports.presenters.acts import ACTS, UnknownAct, act_of
from reports.records import KINDS
from reports.selectors.changes import laboratories_in
from reports.selectors.risk import RISKS
from tests.factories import custody, forms, study
from trial.audit import events
from trial.audit.context import Actor
from trial.audit.events import Act
from trial.audit.models import Event
from visits.models import Infusion, Visit

pytestmark = pytest.mark.django_db
TRAIL = "/trail/"


@pytest.fixture
def corrected(cast):
    person = study.enrolled(cast.site)
    study.enter(person, "D0", {"ALT": "250", "AST": "30"}, cast.laboratory)
    study.enter(person, "D0", {"ALT": "99", "AST": "30"}, cast.laboratory,
                reason="see query 17: <Mrs Wang>")  # fmt: skip
    return Result.objects.get(panel__visit__participant=person, analyte="ALT")


def text(answer):
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


# --- acts in words --------------------------------------------------------------------------------
@pytest.mark.parametrize("act", list(Act))
def test_every_kind_of_act_is_put_in_words(act):
    assert act_of(Event(kind=f"act:{act}", details={}))


def test_the_filter_names_acts_in_the_language_of_the_page(cast, sign_in):
    client = sign_in(cast.datamanager)
    page = text(client.get(TRAIL, headers={"accept-language": "zh-hans"}))
    assert '<option value="act:query_assigned">将质疑指派给 …</option>' in page
    assert "query assigned" not in page


def test_an_unknown_act_is_an_error_and_no_act_is_left_out():
    assert set(ACTS) == set(Act)
    with pytest.raises(UnknownAct):
        act_of(Event(kind="act:danced"))


# --- history --------------------------------------------------------------------------------------
@pytest.mark.req("R-03")
def test_a_correction_of_two_fields_shows_two_fields(cast, corrected, sign_in):
    url = reverse("reports:history", args=["result", corrected.pk])
    page = text(sign_in(cast.coordinator).get(url))
    newest = page[page.index("<tbody>") :].split("</tr>")[0]
    event = Event.objects.of_record("labs_result", corrected.pk).latest("id")
    assert newest.count("<dt>") == len([f for f in event.fields if f in KINDS["result"].labels])
    assert "<del>250</del>" in newest
    assert "<ins>99</ins>" in newest
    assert "query 17" in newest
    assert "&lt;Mrs Wang&gt;" in newest


@pytest.fixture
def moved(cast, corrected):
    """The sample of `corrected` turns out to be another laboratory's."""
    other = study.make_laboratory(cast.site, "LAB01B")
    study.enter(corrected.panel.visit.participant, "D0", {"ALT": "99", "AST": "30"}, other,
                reason="sent elsewhere")  # fmt: skip
    return corrected.panel


@pytest.mark.req("R-03")
@pytest.mark.parametrize("field", ["", "laboratory_id"])
def test_another_laboratory_of_a_sample_is_in_its_history_by_name(cast, moved, sign_in, field):
    url = reverse("reports:history", args=["panel", moved.pk])
    page = text(sign_in(cast.coordinator).get(url, {"field": field} if field else {}))
    newest = page[page.index("<tbody>") :].split("</tr>")[0]
    assert "<dt>laboratory</dt>" in newest
    assert "<del>LAB01 Lab LAB01</del>" in newest
    assert "<ins>LAB01B Lab LAB01B</ins>" in newest


@pytest.mark.req("R-03")
@pytest.mark.parametrize("who", ["datamanager", "monitor"])
def test_another_laboratory_of_a_sample_is_in_the_trail_by_name(cast, moved, sign_in, who):
    page = text(sign_in(cast.users[who]).get(TRAIL, {"form": "labs"}))
    assert "<del>LAB01 Lab LAB01</del>" in page
    assert "<ins>LAB01B Lab LAB01B</ins>" in page


def test_names_of_laboratories_take_one_statement_or_none(moved):
    of_panels = list(Event.objects.filter(table_name="labs_panel").changes())
    with CaptureQueriesContext(connection) as found:
        named = laboratories_in(of_panels)
    assert (len(found), len(named)) == (1, 2)
    with CaptureQueriesContext(connection) as found:
        assert laboratories_in(Event.objects.none()) == {}
    assert not found


@pytest.mark.req("R-03")
def test_one_field_alone_is_one_click(cast, corrected, sign_in):
    url = reverse("reports:history", args=["result", corrected.pk])
    page = text(sign_in(cast.coordinator).get(url, {"field": "text"}))
    assert page.count("<del>") == 1
    assert sign_in(cast.coordinator).get(url, {"field": "panel"}).status_code == 404


def infusion_rows(person, second):
    """An infusion with something in every section, and one row of each kind below it."""
    bag = custody.whole(custody.bag_for(person, second=second))
    infusion = Infusion.objects.get(bag=bag)
    below = {kind.code: kind.model for kind in KINDS.values() if kind.model in ROWS}
    rows = {
        code: model._default_manager.filter(infusion=infusion)[0].pk
        for code, model in below.items()
    }
    return rows | {"infusion": infusion.pk}


def test_every_kind_of_record_has_its_history_and_another_sites_has_none(cast, corrected, sign_in):
    person = corrected.panel.visit.participant
    rows = {
        "participant": person.pk,
        "consent": Consent.objects.get(participant=person).pk,
        "criterion": CriterionAnswer.objects.filter(participant=person)[0].pk,
        "visit": corrected.panel.visit_id,
        "panel": corrected.panel_id,
        "result": corrected.pk,
        **infusion_rows(person, cast.coordinator),
        **{code: row.pk for code, row in forms.every(person).items()},
    }
    assert set(rows) == set(KINDS)
    for kind, pk in rows.items():
        url = reverse("reports:history", args=[kind, pk])
        assert "<tbody>" in text(sign_in(cast.monitor).get(url)), kind
        assert sign_in(cast.coordinator2).get(url).status_code == 404
    assert sign_in(cast.monitor).get("/history/nothing/1/").status_code == 404


@pytest.mark.req("R-15")
def test_each_value_on_screen_links_to_its_history(cast, corrected, sign_in):
    visit = corrected.panel.visit
    client = sign_in(cast.coordinator)
    links = {
        reverse("labs:entry", args=[visit.pk]): f"/history/result/{corrected.pk}/",
        reverse("visits:visit", args=[visit.participant.code, "D0"]):
            f"/history/visit/{visit.pk}/?field=held_on",
        reverse("patients:screening", args=[visit.participant.code]): "/history/criterion/",
        reverse("patients:details", args=[visit.participant.code]):
            f"/history/participant/{visit.participant_id}/",
    }  # fmt: skip
    for address, link in links.items():
        assert link in text(client.get(address)), address


# --- the trail ------------------------------------------------------------------------------------
def test_events_are_shown_newest_first_page_by_page(cast, corrected, sign_in):
    client = sign_in(cast.monitor)
    first = text(client.get(TRAIL))
    numbers = [int(n) for n in re.findall(r'trail-number">(\d+)<', first)]
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) == 50
    second = text(client.get(TRAIL, {"before": numbers[-1]}))
    later = [int(n) for n in re.findall(r'trail-number">(\d+)<', second)]
    assert max(later) < min(numbers)


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ({"form": "labs", "kind": "update"}, True),
        ({"field": "text", "kind": "update"}, True),
        ({"reason": "mrs wang"}, True),
        ({"visit": "D0", "kind": "update"}, True),
        ({"risk": "endpoint"}, True),
        ({"form": "consent"}, False),
        ({"who": "nobody"}, False),
        ({"role": "monitor"}, False),
        ({"site": "02"}, False),
        ({"until": "2001-01-01"}, False),
        ({"since": "2099-01-01"}, False),
    ],
)
def test_each_filter_narrows(cast, corrected, sign_in, asked, shown):
    page = text(sign_in(cast.monitor).get(TRAIL, asked))
    assert ("<ins>99</ins>" in page) == shown


def test_a_wrong_filter_shows_nothing_instead_of_everything(cast, corrected, sign_in):
    answer = sign_in(cast.monitor).get(TRAIL, {"participant": "99-9999", "since": "soon"})
    assert answer.status_code == 422
    assert "trail-number" not in answer.content.decode()


def test_a_site_sees_only_its_own(cast, corrected, sign_in):
    assert "<ins>99</ins>" in text(sign_in(cast.coordinator).get(TRAIL, {"form": "labs"}))
    assert "<ins>99</ins>" not in text(sign_in(cast.coordinator2).get(TRAIL, {"form": "labs"}))


def test_the_sponsor_sees_values_and_no_free_text(cast, corrected, sign_in):
    page = text(sign_in(cast.sponsor).get(TRAIL, {"form": "labs"}))
    assert "<ins>99</ins>" in page
    assert "Mrs Wang" not in page


def test_accounts_are_for_administrators_and_data_managers(cast, sign_in):
    events.record(Act.SIGNED_IN, by=Actor.of(cast.coordinator))
    accounts = reverse("reports:trail_accounts")
    assert "signed in" in text(sign_in(cast.admin).get(accounts))
    assert "signed in" in text(sign_in(cast.datamanager).get(accounts))
    assert sign_in(cast.monitor).get(accounts).status_code == 403
    nothing = text(sign_in(cast.monitor).get(TRAIL, {"kind": "act:signed_in"}))
    assert "No event fits" in nothing


# --- where to look first --------------------------------------------------------------------------
def cells(page):
    """The number in the last column of each row of the first table."""
    rows = page[page.index("<tbody>") : page.index("</tbody>")].split("</tr>")[:-1]
    return {re.search(r'risk-name">([^<]+)<', row)[1]: int(re.findall(r">(\d+)<", row)[-1])
            for row in rows}  # fmt: skip


@pytest.mark.req("R-23")
@pytest.mark.req("R-58")
def test_each_kind_of_risk_is_found(cast, corrected, sign_in):
    visit: Visit = corrected.panel.visit
    subject = (cast.site.pk, visit.participant_id, visit.pk)
    by = Actor.of(cast.monitor, role="monitor")
    events.record(Act.VERIFIED, by=by, record=f"visits_visit:{visit.pk}", subject=subject)
    events.record(Act.QUERY_RAISED, by=by, record=f"labs_result:{corrected.pk}", subject=subject)
    values = {"ALT": "98", "AST": "30"}
    study.enter(visit.participant, "D0", values, cast.laboratory, reason="again")
    period = {"since": "2025-01-01", "until": "2099-01-01"}
    page = text(sign_in(cast.monitor).get(reverse("reports:trail_review"), period))
    found = cells(page)
    names = {str(risk.name): code for code, risk in RISKS.items()}
    counted = {names[name]: number for name, number in found.items()}
    assert set(counted) == set(RISKS)
    assert counted["after_check"] >= 1
    assert counted["after_query"] == 1
    assert counted["endpoint"] >= 2
    assert counted["late_entry"] >= 1
    assert counted["many"] == 0


@pytest.mark.req("R-23")
def test_a_review_is_recorded_and_is_itself_in_the_trail(cast, corrected, sign_in):
    client = sign_in(cast.datamanager)
    asked = {"risk": "endpoint", "site": cast.site.pk, "since": "2025-01-01",
             "until": "2099-01-01", "note": "compared with the source"}  # fmt: skip
    assert client.post(reverse("reports:trail_reviewed"), asked).status_code == 302
    review = TrailReview.objects.get()
    assert (review.events, review.reviewed_by) == (1, "datamanager")
    event = Event.objects.get(kind="act:trail_reviewed")
    assert (event.details["events"], event.reason) == (1, "compared with the source")
    assert "compared with the source" in text(client.get(reverse("reports:trail_review")))
    wrong = client.post(reverse("reports:trail_reviewed"), asked | {"note": " "})
    assert wrong.status_code == 422
    refused = sign_in(cast.coordinator).post(reverse("reports:trail_reviewed"), asked)
    assert refused.status_code == 403


# --- cost -----------------------------------------------------------------------------------------
def statements(client, address):
    client.get(address)
    with CaptureQueriesContext(connection) as found:
        assert client.get(address).status_code == 200
    return sum(not q["sql"].startswith(("SAVEPOINT", "RELEASE")) for q in found)


def test_the_pages_take_a_bounded_number_of_statements(cast, corrected, sign_in):
    client = sign_in(cast.datamanager)
    pages = [TRAIL, "/trail/?form=labs&risk=endpoint", reverse("reports:trail_accounts"),
             reverse("reports:trail_review"),
             reverse("reports:history", args=["result", corrected.pk]),
             reverse("reports:snapshots"), reverse("reports:compare")]  # fmt: skip
    few = {page: statements(client, page) for page in pages}
    for _n in range(3):
        person = study.enrolled(cast.other_site)
        study.enter(person, "D0", {"ALT": "250"}, cast.other_laboratory)
        study.enter(person, "D0", {"ALT": "99"}, cast.other_laboratory, reason="typing error")
    assert {page: statements(client, page) for page in pages} == few
    assert max(few.values()) <= 15, few
