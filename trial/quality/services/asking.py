"""Opening queries: one per cause, however many ask at the same instant (F-023)."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import models
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from trial.access.exceptions import Refused
from trial.access.roles import Role
from trial.audit import events
from trial.audit.context import Actor, transaction
from trial.audit.records import Place, Record
from trial.protocol.label import Label
from trial.quality.models import Addressee, Origin, Query, QueryMessage, Status, Step

MAX_TEXT = 2_000


@dataclass(frozen=True, slots=True)
class Ask:
    """A question about a record. `answer`: what the site said already when the check fired."""

    place: Place
    record: Record
    label: Label
    text: Label
    cause: str
    value: str = ""
    answer: str = ""
    addressee: str = Addressee.COORDINATOR
    assignee_id: int | None = None


def both(text: Callable[[], str]) -> Label:
    """A text of the system in both languages, as it is kept."""
    with translation.override("en"):
        english = text()
    with translation.override("zh-hans"):
        return Label(english, text())


def plain(text: str) -> Label:
    """What a person wrote, in whichever language."""
    return Label(text.strip(), "")


def manual_cause(record: Record, text: str) -> str:
    """The same question about the same value is one query, whoever types it."""
    digest = hashlib.sha256(" ".join(text.casefold().split()).encode()).hexdigest()[:16]
    return f"manual:{record}:{digest}"


def manual(
    *,
    place: Place,
    record: Record,
    label: Label,
    text: str,
    value: str = "",
    addressee: str = Addressee.COORDINATOR,
    assignee_id: int | None = None,
) -> Ask:
    """A question that a person asks."""
    return Ask(
        place=place, record=record, label=label, text=plain(text), value=value,
        cause=manual_cause(record, text), addressee=addressee, assignee_id=assignee_id,
    )  # fmt: skip


def origin_of(by: Actor) -> str:
    """What kind of query somebody raises. Raises Refused for a role that raises none (R-14)."""
    origins: dict[str, Origin] = {
        Role.MONITOR: Origin.MONITOR,
        Role.DATA_MANAGER: Origin.DATA_MANAGER,
    }
    origin = origins.get(by.role)
    if origin is None:
        raise Refused({"": [_("Your role raises no queries.")]})
    return origin


def raise_query(*, ask: Ask, by: Actor) -> tuple[Query, bool]:
    """Raise one query. Returns it and whether it is new: the same one is there only once.

    Raises Refused without a text, or for a role that raises none.
    """
    require_text(ask.text.en)
    return open_many([ask], origin=origin_of(by), by=by)[0]


@dataclass(frozen=True, slots=True)
class Planned:
    """One of many that are asked, and why it would be none: there already."""

    ask: Ask
    existing: Query | None
    query: Query | None = None


def bulk_raise(*, asks: Sequence[Ask], by: Actor, dry_run: bool = False) -> list[Planned]:
    """Raise many queries at once; with `dry_run` only say what would happen."""
    for ask in asks:
        require_text(ask.text.en)
    origin = origin_of(by)
    there = {one.cause: one for one in _unsettled(asks)}
    if dry_run:
        return [Planned(ask, there.get(ask.cause)) for ask in asks]
    done = open_many(asks, origin=origin, by=by)
    return [
        Planned(ask, None if new else query, query)
        for ask, (query, new) in zip(asks, done, strict=True)
    ]


def require_text(text: str) -> None:
    """Raise Refused unless there is a text, and one that is not endless."""
    if not text.strip():
        raise Refused({"text": [_("Write what is asked or said.")]})
    if len(text) > MAX_TEXT:
        message = _("At most %(count)s characters.") % {"count": MAX_TEXT}
        raise Refused({"text": [message]})


def _unsettled(asks: Sequence[Ask]) -> "models.QuerySet[Query]":
    return Query.objects.unsettled().filter(cause__in=[ask.cause for ask in asks])


def open_many(
    asks: Sequence[Ask], *, origin: str, by: Actor, asker: Actor | None = None, reason: str = ""
) -> list[tuple[Query, bool]]:
    """Open a query for each cause that has none. Set-based: as many statements for one as for many.

    `asker` asks, where that is not `by`: a check, about what `by` wrote and already explained.

    Who comes second waits at the unique index until the first has committed, and then finds the
    first one's query: it is the one that has a thread already.
    """
    with transaction(by=by, reason=reason):
        now = timezone.now()
        rows = [
            _row(ask, origin, asker or by, by, now)
            for ask in sorted(asks, key=lambda one: one.cause)
        ]
        Query.objects.bulk_create(rows, ignore_conflicts=True)
        found = list(
            _unsettled(asks)
            .annotate(threaded=models.Exists(QueryMessage.objects.filter(query=models.OuterRef("pk"))))
            .select_for_update(of=("self",))
            .order_by("pk")
        )  # fmt: skip
        by_cause = {one.cause: one for one in found}
        if any(ask.cause not in by_cause for ask in asks):
            words = _("Somebody closed this query just now. Nothing was changed; try again.")
            raise Refused({"": [words]})
        new = {one.cause for one in found if not one.threaded}
        opened = [(ask, by_cause[ask.cause]) for ask in asks if ask.cause in new]
        _begin_threads(opened, asker or by, by)
        return [(by_cause[ask.cause], ask.cause in new) for ask in asks]


def _row(ask: Ask, origin: str, asker: Actor, by: Actor, now: datetime) -> Query:
    place, record = ask.place, ask.record
    if place.participant_id is None:
        raise ValueError("a query is about a participant's record")
    return Query(
        site_id=place.site_id,
        participant_id=place.participant_id,
        participant_code=place.participant_code,
        visit_id=place.visit_id,
        visit_label=place.visit_label,
        form=place.form,
        table=record.table,
        record_id=record.id,
        field=record.field,
        label_en=ask.label.en[:200],
        label_zh=ask.label.zh[:200],
        origin=origin,
        cause=ask.cause,
        status=Status.ANSWERED if ask.answer else Status.OPEN,
        answered_at=now if ask.answer else None,
        answered_by=by.name if ask.answer else None,
        addressee=ask.addressee,
        assignee_id=ask.assignee_id,
        opened_at=now,
        opened_by=asker.name,
    )


def _begin_threads(opened: Sequence[tuple[Ask, Query]], asker: Actor, by: Actor) -> None:
    messages = []
    for ask, query in opened:
        messages.append(message(query, Step.RAISED, ask.text, ask.value, asker))
        if ask.answer:
            messages.append(message(query, Step.ANSWERED, plain(ask.answer), ask.value, by))
    QueryMessage.objects.bulk_create(messages)
    queries = [query for _ask, query in opened]
    answered = [one for one in queries if one.status == Status.ANSWERED]
    raised = _deeds(events.Act.QUERY_RAISED, queries, asker)
    events.record_many(raised + _deeds(events.Act.QUERY_ANSWERED, answered, by), by=by)


def message(query: Query, step: Step, text: Label, value: str, by: Actor) -> QueryMessage:
    """An entry of the thread, not yet stored."""
    return QueryMessage(
        query=query, step=step, text=text.en, text_zh=text.zh, value=value, by=by.name, role=by.role
    )


def tell(act: events.Act, queries: Sequence[Query], by: Actor, *, to: str = "") -> None:
    """The act of each query, for the trail (R-09). `to`: whom it was assigned to."""
    events.record_many(_deeds(act, queries, by, to=to), by=by)


def _deeds(
    act: events.Act, queries: Sequence[Query], by: Actor, *, to: str = ""
) -> list[events.Deed]:
    more = {"to": to} if to else {}
    return [
        events.Deed(
            act=act,
            by=by,
            record=f"quality_query:{query.pk}",
            subject=query.place.subject,
            details={
                "about": str(query.record),
                "origin": query.origin,
                "status": query.status,
                **more,
            },
        )
        for query in queries
    ]
