"""The life of a query: raised, answered, reopened, closed; each step in thread and trail."""

import pytest
from django.db import IntegrityError
from django.urls import reverse

from reports.presenters.acts import act_of
from tests.factories import study
from tests.integration.queries.asking import (
    MANAGER,
    MONITOR,
    SITE,
    TEXT,
    ask,
    raised,
    result_of,
    with_labs,
)
from trial.access.exceptions import Conflict, Refused
from trial.access.roles import Role
from trial.access.services import grant_role
from trial.audit.context import transaction
from trial.audit.models import Event
from trial.quality.models import Outcome, Query, QueryMessage, Status
from trial.quality.services import asking, settling

pytestmark = [pytest.mark.django_db, pytest.mark.req("R-09")]


@pytest.fixture
def row(cast):
    return result_of(with_labs(cast.site, cast.laboratory))


def acts(query: Query) -> list[str]:
    rows = Event.objects.filter(table_name="quality_query", record_id=str(query.pk)).order_by("id")
    kinds = rows.values_list("kind", flat=True)
    return [kind.removeprefix("act:") for kind in kinds if kind.startswith("act:")]


def test_the_whole_life_is_in_the_thread_and_in_the_trail(row):
    """RSVC C.4.18.1700: opened, assigned, answered with a reason, reopened, closed, logged."""
    query = raised(row)
    settling.assign(query=query, addressee="investigator", assignee=None, by=MONITOR)
    settling.answer(query=query, text="Typing error", value="52", by=SITE)
    settling.reopen(query=query, text="And AST?", by=MONITOR)
    settling.answer(query=query, text="AST is right", value="52", by=SITE)
    query = settling.close(query=query, by=MONITOR)
    assert (query.status, query.outcome) == (Status.CLOSED, Outcome.RESOLVED)
    assert [(one.step, one.value) for one in query.messages.all()] == [
        ("raised", "300"),
        ("assigned", "investigator"),
        ("answered", "52"),
        ("reopened", ""),
        ("answered", "52"),
        ("closed", ""),
    ]
    assert acts(query) == [
        "query_raised", "query_assigned", "query_answered", "query_reopened", "query_answered",
        "query_closed",
    ]  # fmt: skip
    event = Event.objects.filter(table_name="quality_query", kind="act:query_closed").get()
    assert (event.participant_id, event.actor) == (query.participant_id, "monitor")


@pytest.mark.req("F-023")
def test_the_same_question_about_the_same_value_is_one_query(row):
    first, new = asking.raise_query(ask=ask(row), by=MONITOR)
    second, again = asking.raise_query(
        ask=ask(row, "  the report SAYS 52, not 25:  please check."), by=MANAGER
    )
    assert (new, again, second.pk) == (True, False, first.pk)
    assert second.origin == "monitor"
    assert first.messages.count() == 1


def test_another_question_about_it_is_another_query(row):
    assert raised(row).pk != raised(row, "In which unit?").pk


def test_once_closed_the_same_may_be_asked_anew_and_the_old_one_stays_closed(row):
    old = settling.close(query=raised(row), text="Asked in error", by=MONITOR)
    assert old.outcome == Outcome.CANCELLED
    assert raised(row).pk != old.pk
    with pytest.raises(Refused, match="asked anew"):
        settling.reopen(query=old, text="still", by=MONITOR)


@pytest.mark.req("R-14")
@pytest.mark.parametrize("role", ["coordinator", "investigator", "sponsor", "safety", ""])
def test_roles_that_ask_nothing_raise_nothing(row, role):
    by = type(MONITOR)(name="x", role=role)
    with pytest.raises(Refused, match="raises no queries"):
        asking.raise_query(ask=ask(row), by=by)
    assert not Query.objects.exists()


@pytest.mark.req("R-12")
@pytest.mark.parametrize(
    ("raiser", "closer", "allowed"),
    [
        (MONITOR, SITE, False),
        (MANAGER, SITE, False),
        (MANAGER, MONITOR, False),
        (MONITOR, MONITOR, True),
        (MONITOR, MANAGER, True),
    ],
)
def test_a_query_is_closed_by_those_who_asked_or_the_data_manager(row, raiser, closer, allowed):
    query = raised(row, by=raiser)
    settling.answer(query=query, text="checked", by=SITE)
    if allowed:
        assert settling.close(query=query, by=closer).status == Status.CLOSED
        return
    with pytest.raises(Refused, match="closed by those who asked"):
        settling.close(query=query, by=closer)
    query.refresh_from_db()
    assert query.status == Status.ANSWERED


@pytest.mark.req("R-12")
@pytest.mark.parametrize("many", [False, True])
def test_of_two_roles_the_one_that_may_close_does(cast, sign_in, row, many):
    """A monitor who is data manager too closes what the data manager asked, as such."""
    grant_role(user=cast.monitor, role=Role.DATA_MANAGER, site=None, by=study.SETUP)
    own, query = raised(row, "mine", by=MONITOR), raised(row, by=MANAGER)
    for one in (own, query):
        settling.answer(query=one, text="checked", by=SITE)
    client = sign_in(cast.monitor)
    assert client.get(reverse("reports:query", args=[query.pk])).context["may_close"]
    if many:
        body = {"query": [own.pk, query.pk], "act": "close", "confirmed": "1"}
        client.post(reverse("reports:query_bulk"), body)
    else:
        for one in (own, query):
            client.post(reverse("reports:query_close", args=[one.pk]), {})
    closings = QueryMessage.objects.filter(step="closed").order_by("query")
    assert [(one.query_id, one.role) for one in closings] == [
        (own.pk, "monitor"), (query.pk, "datamanager")
    ]  # fmt: skip
    written = Event.objects.of_record("quality_query", query.pk).order_by("-id")[:2]
    assert {event.actor_role for event in written} == {"datamanager"}


def test_an_unanswered_query_is_cancelled_only_with_a_reason(row):
    with pytest.raises(Refused, match="say why"):
        settling.close(query=raised(row), by=MONITOR)


@pytest.mark.parametrize("text", ["", "   ", "x" * 2001])
def test_a_query_and_an_answer_need_a_text_that_can_be_read(row, text):
    with pytest.raises(Refused):
        asking.raise_query(ask=ask(row, text), by=MONITOR)
    with pytest.raises(Refused):
        settling.answer(query=raised(row), text=text, by=SITE)


def test_an_answer_to_what_was_closed_meanwhile_is_a_conflict(row):
    query = raised(row)
    settling.close(query=query, text="Seen in the source", by=MONITOR)
    with pytest.raises(Conflict):
        settling.answer(query=query, text="late", by=SITE)
    assert query.messages.count() == 2


def test_nobody_of_another_site_can_be_asked(row, cast):
    query = raised(row)
    with pytest.raises(Refused, match="does not answer"):
        settling.assign(
            query=query, addressee="coordinator", assignee=cast.coordinator2, by=MONITOR
        )
    done = settling.assign(
        query=query, addressee="coordinator", assignee=cast.coordinator, by=MONITOR
    )
    assert done.assignee == cast.coordinator


@pytest.mark.req("R-09")
def test_the_trail_says_to_whom_a_query_was_assigned(row, cast):
    one, other = raised(row, "1"), raised(row, "2")
    settling.assign(query=one, addressee="coordinator", assignee=cast.coordinator, by=MONITOR)
    settling.bulk_assign(queries=[other], addressee="investigator", assignee=None, by=MONITOR)
    said = [act_of(event) for event in Event.objects.filter(kind="act:query_assigned")]
    assert said == ["assigned a query to coordinator", "assigned a query to investigator"]


@pytest.mark.req("F-023")
def test_the_database_keeps_one_unsettled_query_per_cause(row):
    query = raised(row)
    query.pk = None
    with pytest.raises(IntegrityError, match="query_once"), transaction(by=MONITOR):
        query.save(force_insert=True)


def test_many_are_closed_at_once_those_that_cannot_be_are_named(row, cast):
    answered, unanswered, foreign = (
        raised(row, "1"), raised(row, "2"), raised(row, "3", by=MANAGER),
    )  # fmt: skip
    settling.answer(query=answered, text="yes", by=SITE)
    every = [answered, unanswered, foreign]
    preview = settling.bulk_close(queries=every, text="", by=MONITOR, dry_run=True)
    assert [bool(one.refusal) for one in preview] == [False, True, True]
    assert Query.objects.filter(status=Status.CLOSED).count() == 0
    done = settling.bulk_close(queries=every, text="", by=MONITOR)
    assert [one.refusal for one in done] == [one.refusal for one in preview]
    assert Query.objects.get(status=Status.CLOSED).pk == answered.pk
    assert acts(answered)[-1] == "query_closed"


def test_many_are_raised_at_once_and_those_that_stand_already_are_told(row, cast):
    other = result_of(row.panel.visit.participant, analyte="AST")
    standing = raised(row)
    asks = [ask(row), ask(other)]
    preview = asking.bulk_raise(asks=asks, by=MONITOR, dry_run=True)
    assert [one.existing and one.existing.pk for one in preview] == [standing.pk, None]
    assert Query.objects.count() == 1
    done = asking.bulk_raise(asks=asks, by=MONITOR)
    assert [bool(one.existing) for one in done] == [True, False]
    assert Query.objects.count() == 2


def test_a_query_of_another_site_is_not_visible(row, cast):
    query = raised(row)
    seen = {
        name
        for name, user in cast.users.items()
        if Query.objects.visible_to(user).filter(pk=query.pk).exists()
    }
    assert seen == {
        "coordinator", "investigator", "monitor", "datamanager", "sponsor", "safety",
    }  # fmt: skip
    assert query.messages.get().said == TEXT
    assert study.visit_of(row.panel.visit.participant, "D0").pk == query.visit_id
