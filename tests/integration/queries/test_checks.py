"""Checks that ask by themselves: soft limits, incomplete panels, dialysis."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from labs.entry import Entry
from labs.models import Panel, Result
from labs.services import open_questions, panels
from labs.services.open_questions import ask_open_questions
from tests.factories import study
from tests.integration.labs import forms
from tests.integration.labs.forms import listed
from tests.integration.queries.asking import MANAGER, result_of
from trial.audit import events
from trial.audit.context import Actor, transaction
from trial.audit.models import Event
from trial.protocol import registry
from trial.quality.models import Outcome, Query, Status
from trial.quality.services import settling

pytestmark = pytest.mark.django_db
SOFT = {"ALT": "4000"}


@pytest.fixture
def person(cast):
    return study.enrolled(cast.site)


def the_query() -> Query:
    return Query.objects.get(origin="edit_check")


@pytest.mark.req("R-12")
def test_a_value_kept_outside_its_soft_limits_is_a_query_answered_by_the_comment(cast, person):
    study.enter(person, "D0", SOFT, cast.laboratory)
    query = the_query()
    assert (query.status, query.record_id) == (Status.ANSWERED, result_of(person).pk)
    raised, answered = query.messages.all()
    assert (raised.by, answered.by, answered.text) == (
        "system:check",
        "system:test-setup",
        "checked",
    )
    assert raised.text != raised.text_zh != ""
    assert raised.value == "4000 U/L"


def test_an_ordinary_value_raises_nothing_even_if_it_is_ticked(cast, person):
    study.enter(person, "D0", {"ALT": "300"}, cast.laboratory)
    assert not Query.objects.exists()


@pytest.mark.req("R-12")
def test_corrected_into_the_limits_it_closes_itself_and_everything_stays_readable(cast, person):
    study.enter(person, "D0", SOFT, cast.laboratory)
    study.enter(person, "D0", {"ALT": "40"}, cast.laboratory, reason="typing error")
    query = the_query()
    assert (query.status, query.outcome, query.closed_by) == ("closed", "healed", "system:check")
    assert [one.step for one in query.messages.all()] == ["raised", "answered", "closed"]


def test_saved_again_it_stays_one_query_and_a_new_comment_is_a_new_answer(cast, person):
    study.enter(person, "D0", SOFT, cast.laboratory)
    visit = study.visit_of(person, "D0")
    for comment in ("checked", "repeated in the laboratory"):
        data = study.panel_entry(cast.laboratory, visit.target_on, SOFT)
        entries = {c: replace(entry, comment=comment) for c, entry in data.entries.items()}
        panels.record_panel(
            visit=visit,
            data=replace(data, entries=entries),
            base_version=Panel.objects.get().version,
            reason="again",
            by=study.SETUP,
        )
    texts = [one.text for one in the_query().messages.all()]
    assert texts[1:] == ["checked", "repeated in the laboratory"]


def test_what_the_data_manager_accepted_is_not_asked_again(cast, person):
    study.enter(person, "D0", SOFT, cast.laboratory)
    settling.close(query=the_query(), by=MANAGER)
    study.enter(person, "D0", {**SOFT, "AST": "30"}, cast.laboratory)
    assert the_query().outcome == Outcome.RESOLVED


def test_another_unusual_value_in_its_place_is_another_query(cast, person):
    study.enter(person, "D0", SOFT, cast.laboratory)
    study.enter(person, "D0", {"ALT": "4100"}, cast.laboratory, reason="corrected report")
    assert sorted(Query.objects.values_list("status", "outcome")) == [
        ("answered", ""), ("closed", "healed"),
    ]  # fmt: skip
    newest = Event.objects.filter(table_name="quality_query", kind="insert").latest("pk")
    assert newest.reason == "corrected report"


def test_a_save_with_nothing_to_ask_about_takes_at_most_one_statement_more(cast, person):
    study.enter(person, "D0", {"ALT": "40"}, cast.laboratory)
    with CaptureQueriesContext(connection) as seen:
        study.enter(person, "D0", {"ALT": "41"}, cast.laboratory, reason="typing error")
    asked = [one["sql"] for one in seen.captured_queries if "quality_query" in one["sql"]]
    assert len(asked) == 1
    with CaptureQueriesContext(connection) as seen:
        study.enter(person, "W12", {"ALT": "41"}, cast.laboratory)
    assert not [one for one in seen.captured_queries if "quality_query" in one["sql"]]


ORDINARY = {"ALT": "40", "AST": "30", "BILI": "15", "CREAT": "70", "IGG": "14", "ALB": "42"}
UNUSUAL = {"ALT": "1500", "AST": "1500", "BILI": "600", "CREAT": "900", "IGG": "60", "ALB": "15"}
OTHERS = {"ALT": "1600", "AST": "1600", "BILI": "610", "CREAT": "950", "IGG": "61", "ALB": "16"}
LATER = {"SODIUM": "140", "INR": "1.1"}
MORE = {"first save": 4, "correction": 12}  # than a save with nothing to ask about


def statements(cast, person, values, reason=""):
    with CaptureQueriesContext(connection) as seen:
        study.enter(person, "W12", values, cast.laboratory, reason=reason)
    return listed(seen)


def test_a_save_takes_as_many_statements_for_one_unusual_value_as_for_six(cast):
    study.enter(study.enrolled(cast.site), "W12", LATER | ORDINARY, cast.laboratory)  # units
    found = {}
    for unusual in (0, 1, 6):
        person = study.enrolled(cast.site)
        codes = list(ORDINARY)[:unusual]
        first = ORDINARY | {code: UNUSUAL[code] for code in codes}
        second = LATER | {code: OTHERS[code] for code in codes}
        saved = statements(cast, person, first)
        corrected = statements(cast, person, second, reason="corrected report")
        found[unusual] = {"first save": len(saved), "correction": len(corrected)}
        outcomes = Query.objects.filter(participant_id=person.pk).values_list("outcome", flat=True)
        assert sorted(outcomes) == sorted([""] * unusual + ["healed"] * unusual)
    assert found[1] == found[6]
    assert {kind: found[6][kind] - found[0][kind] for kind in MORE} == MORE


@pytest.mark.django_db(transaction=True)
def test_a_first_save_of_six_unusual_values_takes_at_most_25_statements(
    fresh_database, cast, client
):
    """Through the form, with BEGIN and COMMIT, of somebody of whom there are labs already."""
    client.force_login(cast.coordinator)
    person = study.enrolled(cast.site)
    study.enter(person, "D0", ORDINARY, cast.laboratory)
    visit = study.visit_of(person, "W12")
    kept = {f"{what}-{code}": "1" for code in UNUSUAL for what in ("k", "c")}
    data = forms.typed(cast.laboratory, visit, UNUSUAL) | kept
    with CaptureQueriesContext(connection) as seen:
        assert client.post(forms.address(visit), data).status_code == 302
    assert Query.objects.filter(visit_id=visit.pk).count() == len(UNUSUAL)
    texts = [one["sql"][:100] for one in seen.captured_queries]
    assert {"BEGIN", "COMMIT"} <= set(texts)
    assert len(texts) <= 25, texts


@pytest.mark.req("R-09")
def test_the_check_asks_and_the_person_answers_each_under_their_own_name(cast, person):
    with transaction(by=study.SETUP, reason="a late report"):
        study.enter(person, "D0", UNUSUAL, cast.laboratory, reason="a late report")
        events.record(events.Act.EXPORTED, by=study.SETUP)
    found = Event.objects.filter(kind__startswith="act:").order_by("pk")
    told = [(one.kind, one.actor, one.actor_role, one.reason) for one in found][-13:]
    reason = "a late report"
    assert told == [
        *[("act:query_raised", "system:check", "system", reason)] * 6,
        *[("act:query_answered", study.SETUP.name, study.SETUP.role, reason)] * 6,
        ("act:exported", study.SETUP.name, study.SETUP.role, reason),
    ]


def test_after_acts_of_others_a_transaction_goes_on_under_its_own_name(cast):
    check = Actor.system("check")
    with transaction(by=study.SETUP):
        asked = events.Deed(act=events.Act.QUERY_RAISED, by=check, record="quality_query:1")
        events.record_many([asked], by=study.SETUP)
        type(cast.site).objects.filter(pk=cast.site.pk).update(name="Renamed")
    act, write = reversed(Event.objects.order_by("-pk")[:2])
    assert (act.kind, act.actor) == ("act:query_raised", check.name)
    assert (write.kind, write.actor) == ("update", study.SETUP.name)


def later(person, days: int):
    return (study.visit_of(person, "D0").held_on or study.DAY0) + timedelta(days=days)


def test_a_panel_that_stays_incomplete_is_asked_about_once_and_heals(cast, person):
    study.enter(person, "D0", {"ALT": "40"}, cast.laboratory)
    of_d0 = Query.objects.filter(visit_label="D0")  # screening has no labs either
    ask_open_questions(process="sweeper", today=later(person, 14))
    assert not of_d0.exists()
    for _again in range(2):
        ask_open_questions(process="sweeper", today=later(person, 15))
    query = of_d0.get()
    assert (query.origin, query.status, query.form) == ("machine", "open", "labs")
    assert "14" in query.messages.get().text
    visit = study.visit_of(person, "D0")
    missing = registry.get(visit.protocol_version).visit("D0").panel
    entries = {code: Entry(not_done="not_ordered") for code in missing if code != "ALT"}
    data = replace(study.panel_entry(cast.laboratory, visit.target_on, {}), entries=entries)
    panels.record_panel(visit=visit, data=data, base_version=1, reason="late", by=study.SETUP)
    ask_open_questions(process="sweeper", today=later(person, 15))
    query.refresh_from_db()
    assert (query.status, query.outcome) == ("closed", "healed")


def test_dialysis_not_answered_is_asked_where_meld_waits_for_it_alone(cast, person):
    visit = study.visit_of(person, "D0")
    values = {"BILI": "20", "INR": "1.1", "CREAT": "70"}
    data = study.panel_entry(cast.laboratory, visit.target_on, values, dialysis=None)
    panels.record_panel(visit=visit, data=data, base_version=0, by=study.SETUP)
    ask_open_questions(process="sweeper", today=later(person, 0))
    query = Query.objects.get()
    assert (query.field, query.status) == ("dialysis", "open")
    assert "透析" in query.label.zh
    data = study.panel_entry(cast.laboratory, visit.target_on, values, dialysis=False)
    panels.record_panel(visit=visit, data=data, base_version=1, reason="asked", by=study.SETUP)
    ask_open_questions(process="sweeper", today=later(person, 0))
    query.refresh_from_db()
    assert (query.status, query.outcome) == ("closed", "healed")
    assert Result.objects.count() == 3


@pytest.mark.req("F-073")
@pytest.mark.django_db(transaction=True)
def test_two_sweepers_at_once_make_one_query(fresh_database):
    site = study.make_site()
    person = study.enrolled(site)
    study.enter(person, "D0", {"ALT": "40"}, study.make_laboratory(site, "L"))
    day = later(person, 20)

    def sweep(_number):
        try:
            open_questions.ask_open_questions(process="sweeper", today=day)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(sweep, range(4)))
    of_d0 = Query.objects.filter(visit_label="D0")
    assert of_d0.count() == 1
    assert of_d0.get().messages.count() == 1
