"""Writing to query threads: rows, messages and acts of many queries at once.

What every service of queries shares. The caller holds the transaction and the rows' locks.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.functional import Promise

from trial.audit import events
from trial.audit.context import Actor
from trial.audit.events import Act, Line
from trial.quality.models import Action, Closing, Query, QueryMessage, Status

ACTS: Mapping[Action, Act] = {
    Action.RAISED: Act.QUERY_RAISED,
    Action.ASKED: Act.QUERY_RAISED,
    Action.ANSWERED: Act.QUERY_ANSWERED,
    Action.REOPENED: Act.QUERY_REOPENED,
    Action.ASSIGNED: Act.QUERY_ASSIGNED,
    Action.CLOSED: Act.QUERY_CLOSED,
    Action.CANCELLED: Act.QUERY_CLOSED,
    Action.HEALED: Act.QUERY_CLOSED,
}
_CLOSINGS: Mapping[Action, Closing] = {
    Action.CLOSED: Closing.ACCEPTED,
    Action.CANCELLED: Closing.CANCELLED,
    Action.HEALED: Closing.HEALED,
}
_STATE = (
    "status", "role", "assignee", "answered_at", "answered_by", "closed_at", "closed_by", "closing",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done, or in a dry run would be: the queries, and why others were left alone."""

    done: Sequence[Query]
    refused: Sequence[tuple[Query, str | Promise]] = ()


def locked(ids: Iterable[int]) -> list[Query]:
    """These queries, locked until the transaction ends, always in the same order."""
    return list(Query.objects.select_for_update().filter(pk__in=set(ids)).order_by("pk"))


def move(query: Query, action: Action, by: Actor, now: datetime) -> None:
    """Put a query into the state that an action leads to; nothing is written yet."""
    if action in _CLOSINGS:
        query.status, query.closing = Status.CLOSED, _CLOSINGS[action]
        query.closed_at, query.closed_by = now, by.name
        return
    if action == Action.ANSWERED:
        query.status = Status.ANSWERED
        query.answered_at, query.answered_by = now, by.name
    elif action in (Action.REOPENED, Action.ASKED):
        query.status = Status.OPEN
    if action == Action.REOPENED:
        query.closing, query.closed_at, query.closed_by = "", None, None


def write(
    queries: Sequence[Query],
    action: Action,
    *,
    by: Actor,
    text: str = "",
    texts: Mapping[int, str] | None = None,
    values: Mapping[int, str] | None = None,
    named: Actor | None = None,
) -> None:
    """Keep the new state of queries with a message and an act each: three statements in all.

    `named` is a check that acts while `by` saves: the thread names it, the trail names `by`.
    """
    if not queries:
        return
    now = timezone.now()
    for query in queries:
        move(query, action, named or by, now)
    Query.objects.bulk_update(queries, _STATE)
    say(queries, action, by=by, text=text, texts=texts, values=values, now=now, named=named)


def say(
    queries: Sequence[Query],
    action: Action,
    *,
    by: Actor,
    now: datetime,
    text: str = "",
    texts: Mapping[int, str] | None = None,
    values: Mapping[int, str] | None = None,
    named: Actor | None = None,
) -> None:
    """A message and an act for each of the queries: two statements."""
    who = named or by
    QueryMessage.objects.bulk_create(
        QueryMessage(
            query=query,
            action=action,
            text=(texts or {}).get(query.pk, text),
            value=(values or {}).get(query.pk, "")[:200],
            at=now,
            by=who.name,
            role=who.role,
        )
        for query in queries
    )
    lines = [
        Line(
            record=f"quality_query:{query.pk}",
            subject=query.place.subject,
            details={"about": str(query.record), "action": action.value},
        )
        for query in queries
    ]
    events.record_many(ACTS[action], lines)


def act(
    ids: Iterable[int],
    action: Action,
    allowed: Callable[[Query], str | Promise],
    *,
    by: Actor,
    text: str,
    values: Mapping[int, str] | None = None,
    dry_run: bool = False,
) -> Outcome:
    """Do one thing to many queries: those where `allowed` says "" are done, others are left."""
    done: list[Query] = []
    refused: list[tuple[Query, str | Promise]] = []
    for query in locked(ids):
        why = allowed(query)
        if why:
            refused.append((query, why))
        else:
            done.append(query)
    if not dry_run:
        write(done, action, by=by, text=text, values=values)
    return Outcome(done, refused)
