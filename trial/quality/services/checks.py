"""Checks that ask by themselves: one query per cause, closed again when the data heal."""

from collections.abc import Sequence

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from trial.audit import events
from trial.audit.context import Actor, transaction
from trial.protocol.label import Label
from trial.quality.models import Outcome, Query, QueryMessage, Status, Step
from trial.quality.services.asking import Ask, both, message, open_many, plain, tell
from trial.quality.services.settling import heal


def sync_checks(
    *,
    findings: Sequence[Ask],
    scope: "QuerySet[Query]",
    origin: str,
    by: Actor,
    reason: str = "",
    passed: Label | None = None,
) -> None:
    """Bring the queries of `scope` in line with what a check finds there now.

    `scope` is everything the check looked at, among the queries of `origin`. A finding without a
    query gets one, asked by the system itself; an unsettled query that nothing is found for closes
    itself, saying `passed`; what a person has accepted is not asked again. `by` is who wrote what
    was checked. One statement if there is nothing to do; what was settled long ago is not read,
    unless the same is found again.
    """
    found = {ask.cause: ask for ask in findings}
    concerned = scope.filter(Q(cause__in=found) | ~Q(status=Status.CLOSED), origin=origin)
    known = list(concerned.order_by("pk"))
    latest = {query.cause: query for query in known}  # the newest of each cause
    healed = [one.pk for one in known if _unsettled(one) and one.cause not in found]
    new = [ask for cause, ask in found.items() if _is_new(latest.get(cause))]
    kept = [(latest[cause], ask) for cause, ask in found.items() if not _is_new(latest.get(cause))]
    if not (healed or new or any(_unsettled(one) and ask.answer for one, ask in kept)):
        return
    with transaction(by=by, reason=reason):
        if healed:
            locked = Query.objects.unsettled().filter(pk__in=healed).select_for_update(of=("self",))
            heal(queries=list(locked.order_by("pk")), text=passed or both(_passes), by=CHECK)
        if new:
            open_many(new, origin=origin, by=by, asker=CHECK, reason=reason)
        _keep_answers(kept, by)


CHECK = Actor.system("check")


def _passes() -> str:
    return _("Closed by itself: the value now passes.")


def _unsettled(query: Query) -> bool:
    return query.status != Status.CLOSED


def _is_new(query: Query | None) -> bool:
    """Nothing like it was asked, or it was only closed because the value had become another."""
    return query is None or query.outcome == Outcome.HEALED


def _keep_answers(kept: Sequence[tuple[Query, Ask]], by: Actor) -> None:
    """An unsettled query whose comment at the value has been rewritten: that is its answer now."""
    asked = {query.pk: ask for query, ask in kept if _unsettled(query) and ask.answer}
    if not asked:
        return
    rows = QueryMessage.objects.filter(query__in=asked, step=Step.ANSWERED).order_by("pk")
    said = dict(rows.values_list("query_id", "text"))
    changed = [pk for pk, ask in asked.items() if said.get(pk) != ask.answer.strip()]
    if not changed:
        return
    locked = Query.objects.unsettled().filter(pk__in=changed).select_for_update(of=("self",))
    queries = list(locked.order_by("pk"))
    for query in queries:
        query.status, query.answered_at, query.answered_by = (
            Status.ANSWERED,
            timezone.now(),
            by.name,
        )
    Query.objects.bulk_update(queries, ["status", "answered_at", "answered_by"])
    answers = [(query, asked[query.pk]) for query in queries]
    QueryMessage.objects.bulk_create(
        [message(q, Step.ANSWERED, plain(ask.answer), ask.value, by) for q, ask in answers]
    )
    tell(events.Act.QUERY_ANSWERED, queries, by)
