"""Queries from being raised to being closed, and who may do what."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, connections
from django.db.utils import IntegrityError
from django.test.utils import CaptureQueriesContext

from labs.models import Result
from tests.factories import study
from tests.integration.quality.conftest import question
from trial.access.exceptions import Refused
from trial.access.roles import Role
from trial.audit.context import Actor, transaction
from trial.audit.models import Event
from trial.quality.models import Query, QueryMessage
from trial.quality.services import queries

pytestmark = pytest.mark.django_db


def acts(query):
    found = Event.objects.filter(table_name="quality_query", record_id=str(query.pk))
    return [event.kind for event in found if event.kind.startswith("act:")]


def thread(query):
    return list(query.messages.values_list("action", "by", "text", "value"))


@pytest.mark.req("R-09")
def test_a_query_is_raised_answered_reopened_and_closed_and_all_of_it_is_kept(result, actors):
    """RSVC C.4.18.1700: open, respond, send back, close; each step logged with user and time."""
    query = queries.raise_query(question=question(result), by=actors["monitor"]).query
    assert (query.status, query.origin, query.opened_by) == ("open", "monitor", "monitor")
    query = queries.answer(query=query, text="As printed.", value="30", by=actors["coordinator"])
    assert (query.status, query.answered_by) == ("answered", "coordinator")
    query = queries.reopen(query=query, text="Which report?", value="30", by=actors["monitor"])
    assert query.status == "open"
    query = queries.answer(query=query, text="Of 31 March.", value="31", by=actors["investigator"])
    query = queries.close(query=query, by=actors["monitor"])
    assert (query.status, query.closing, query.closed_by) == ("closed", "accepted", "monitor")

    assert thread(query) == [
        ("raised", "monitor", "Please check ALT against the report.", "30 U/L"),
        ("answered", "coordinator", "As printed.", "30"),
        ("reopened", "monitor", "Which report?", "30"),
        ("answered", "investigator", "Of 31 March.", "31"),
        ("closed", "monitor", "", ""),
    ]
    assert acts(query) == [
        "act:query_raised", "act:query_answered", "act:query_reopened", "act:query_answered",
        "act:query_closed",
    ]  # fmt: skip
    event = Event.objects.filter(kind="act:query_raised")[0]
    assert (event.site_id, event.participant_id, event.visit_id) == query.place.subject


def test_a_closed_query_is_opened_again_with_a_reason(result, actors):
    query = queries.raise_query(question=question(result), by=actors["monitor"]).query
    query = queries.cancel(query=query, text="Raised by mistake", by=actors["monitor"])
    assert query.closing == "cancelled"
    with pytest.raises(Refused):
        queries.reopen(query=query, text=" ", by=actors["monitor"])
    query = queries.reopen(query=query, text="It was none", by=actors["datamanager"])
    assert (query.status, query.closing, query.closed_at) == ("open", "", None)


def test_reopening_a_query_whose_question_is_open_again_elsewhere_is_refused(result, actors):
    first = queries.raise_query(question=question(result), by=actors["monitor"]).query
    queries.cancel(query=first, text="no", by=actors["monitor"])
    queries.raise_query(question=question(result), by=actors["monitor"])
    with pytest.raises(Refused, match="another query"):
        queries.reopen(query=first, text="again", by=actors["monitor"])


def test_a_query_is_closed_by_its_role_or_the_data_manager_and_never_by_the_site(result, actors):
    """RSVC C.4.18.1600: who may open, respond and close."""
    query = queries.raise_query(question=question(result), by=actors["datamanager"]).query
    queries.answer(query=query, text="yes", by=actors["coordinator"])
    for who in ("coordinator", "investigator", "monitor"):
        with pytest.raises(Refused, match="role that raised"):
            queries.close(query=query, by=actors[who])
    queries.close(query=query, by=actors["datamanager"])


def test_a_query_without_an_answer_is_cancelled_with_a_reason_and_not_closed(result, actors):
    query = queries.raise_query(question=question(result), by=actors["monitor"]).query
    with pytest.raises(Refused, match="Nobody has answered"):
        queries.close(query=query, by=actors["monitor"])
    with pytest.raises(Refused):
        queries.cancel(query=query, text="", by=actors["monitor"])
    queries.cancel(query=query, text="Other value meant", by=actors["datamanager"])


def test_a_closed_query_takes_no_answer(result, actors):
    query = queries.raise_query(question=question(result), by=actors["monitor"]).query
    queries.cancel(query=query, text="no", by=actors["monitor"])
    with pytest.raises(Refused, match="closed"):
        queries.answer(query=query, text="late", by=actors["coordinator"])


@pytest.mark.parametrize("text", ["", "   ", "x" * 2001, "a\x00b"])
def test_texts_that_say_nothing_or_too_much_are_refused(result, actors, text):
    with pytest.raises(Refused):
        queries.raise_query(question=question(result, text), by=actors["monitor"])
    assert not Query.objects.exists()


def test_the_same_question_again_is_the_same_query_and_another_goes_into_its_thread(result, actors):
    first = queries.raise_query(question=question(result, "Check this"), by=actors["monitor"])
    same = queries.raise_query(question=question(result, "Check this"), by=actors["monitor"])
    assert (first.created, same.created) == (True, False)
    queries.answer(query=first.query, text="done", by=actors["coordinator"])
    other = queries.raise_query(question=question(result, "And unit?"), by=actors["datamanager"])
    assert other.query.pk == first.query.pk
    assert [m.action for m in first.query.messages.all()] == ["raised", "answered", "asked"]
    assert Query.objects.get().status == "open"


def test_a_query_is_assigned_to_a_role_or_a_person_who_answers_at_its_site(result, cast, actors):
    query = queries.raise_query(question=question(result), by=actors["monitor"]).query
    queries.assign(
        query=query, role=Role.INVESTIGATOR, assignee=cast.investigator, by=actors["monitor"]
    )
    query.refresh_from_db()
    assert (query.role, query.assignee) == ("investigator", cast.investigator)
    for user in (cast.coordinator2, cast.sponsor):
        with pytest.raises(Refused, match="answers no queries at this site"):
            queries.assign(query=query, role=Role.COORDINATOR, assignee=user, by=actors["monitor"])
    with pytest.raises(Refused):
        queries.assign(query=query, role=Role.SPONSOR, assignee=None, by=actors["monitor"])


def many(person, actors):
    rows = Result.objects.filter(panel__visit__participant=person).order_by("pk")
    raised = queries.bulk_raise(questions=[question(row) for row in rows], by=actors["monitor"])
    return [one.query for one in raised]


def test_many_are_closed_at_once_and_the_dry_run_said_so(person, actors):
    found = many(person, actors)
    for query in found[:3]:
        queries.answer(query=query, text="ok", by=actors["coordinator"])
    ids = [query.pk for query in found]
    tried = queries.bulk_close(ids=ids, text="", by=actors["monitor"], dry_run=True)
    assert not Query.objects.filter(status="closed").exists()
    done = queries.bulk_close(ids=ids, text="", by=actors["monitor"])
    assert [q.pk for q in tried.done] == [q.pk for q in done.done] == ids[:3]
    assert [q.pk for q, _why in tried.refused] == ids[3:]
    assert Query.objects.filter(status="closed").count() == 3


def test_a_dry_run_of_raising_says_which_would_be_new(person, result, actors):
    queries.raise_query(question=question(result), by=actors["monitor"])
    rows = Result.objects.filter(panel__visit__participant=person)
    tried = queries.bulk_raise(
        questions=[question(row) for row in rows], by=actors["monitor"], dry_run=True
    )
    assert sorted(one.created for one in tried) == [False] + [True] * (len(rows) - 1)
    assert Query.objects.count() == 1


def test_many_take_as_many_statements_as_few(person, actors):
    found = many(person, actors)
    for query in found:
        queries.answer(query=query, text="ok", by=actors["coordinator"])

    def statements(ids):
        with CaptureQueriesContext(connection) as captured:
            queries.bulk_close(ids=ids, text="", by=actors["monitor"])
        return len(captured)

    assert statements([found[0].pk]) == statements([query.pk for query in found[1:]])


def test_if_the_trail_cannot_be_written_nothing_is(result, actors, monkeypatch):
    def fail(*_args, **_more):
        raise RuntimeError

    monkeypatch.setattr("trial.audit.events.record_many", fail)
    with pytest.raises(RuntimeError), transaction(by=actors["monitor"]):
        queries.raise_query(question=question(result), by=actors["monitor"])
    assert (Query.objects.count(), QueryMessage.objects.count()) == (0, 0)


def test_the_database_keeps_two_open_queries_of_one_cause_out(result, actors):
    query = queries.raise_query(question=question(result), by=actors["monitor"]).query
    query.pk = None
    with (
        pytest.raises(IntegrityError, match="query_one_open_per_cause"),
        transaction(by=actors["monitor"]),
    ):
        query.save(force_insert=True)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"status": "closed"}, "query_closed_has_by"),
        ({"answered_by": "x"}, "query_answer_has_by"),
        ({"status": "answered"}, "query_answered_has_answer"),
        ({"status": "waiting"}, "query_status_known"),
        ({"form": "other"}, "query_form_known"),
        ({"role": "sponsor"}, "query_role_answers"),
        ({"text": ""}, "query_asks_something"),
        ({"origin": "x"}, "query_origin_known"),
    ],
)
def test_the_database_refuses_a_query_in_two_minds(result, actors, change, constraint):
    query = queries.raise_query(question=question(result), by=actors["monitor"]).query
    with pytest.raises(IntegrityError, match=constraint), transaction(by=actors["monitor"]):
        Query.objects.filter(pk=query.pk).update(**change)


@pytest.mark.req("F-023")
@pytest.mark.req("F-025")
def test_two_who_raise_the_same_query_at_the_same_moment_make_one(fresh_database):
    cast = study.make_cast()
    person = study.enrolled(cast.site)
    study.enter(person, "D0", {"ALT": "300"}, cast.laboratory)
    result = Result.objects.select_related("panel__visit__participant").get()
    at_once = 6
    barrier = Barrier(at_once)

    def run(number):
        try:
            by = Actor.of(cast.monitor, role="monitor", request_id=str(number))
            barrier.wait()
            return queries.raise_query(question=question(result), by=by)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(at_once) as pool:
        raised = list(pool.map(run, range(at_once)))
    query = Query.objects.get()
    assert {one.query.pk for one in raised} == {query.pk}
    assert [one.created for one in raised].count(True) == 1
    assert [message.action for message in query.messages.all()] == ["raised"]
