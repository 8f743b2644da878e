"""Queries for lists, marks beside values, counts by visit, and measures by site. Set-based."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import (
    Avg,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    FloatField,
    Min,
    Q,
)
from django.db.models.functions import Extract
from django.utils import timezone

from trial.access.policy import AnyUser
from trial.quality.models import Closing, Query, Status
from trial.quality.models.query import QueryQuerySet

# Ageing: (key, from this many days on, below this many).
AGES: tuple[tuple[str, int, int | None], ...] = (
    ("week", 0, 7),
    ("month", 7, 30),
    ("quarter", 30, 90),
    ("old", 90, None),
)


@dataclass(frozen=True, slots=True)
class Marks:
    """The queries about one record that are not closed; `query` is the one that waits longest."""

    open: int
    answered: int
    query: int

    @property
    def count(self) -> int:
        return self.open + self.answered


def waiting_at(
    user: AnyUser, *, participant_id: int, visit_id: int | None = None, form: str = ""
) -> list[Query]:
    """Queries of a participant, or of one visit or form, that are not closed, oldest first."""
    rows = Query.objects.visible_to(user).waiting().filter(participant_id=participant_id)
    if visit_id is not None:
        rows = rows.filter(visit_id=visit_id)
    if form:
        rows = rows.filter(form=form)
    return list(rows.select_related("assignee").order_by("opened_at", "id"))


def marks(queries: Iterable[Query]) -> dict[tuple[str, int], Marks]:
    """These queries by the record they are about: (table, id)."""
    found: dict[tuple[str, int], list[Query]] = {}
    for query in queries:
        found.setdefault((query.table_name, query.record_id), []).append(query)
    return {
        key: Marks(
            open=sum(query.status == Status.OPEN for query in of_it),
            answered=sum(query.status == Status.ANSWERED for query in of_it),
            query=of_it[0].pk,
        )
        for key, of_it in found.items()
    }


def counts_by_visit(
    user: AnyUser, participant_ids: Sequence[int]
) -> Mapping[tuple[int | None, int | None], int]:
    """How many queries wait, by (participant, visit); one statement."""
    rows = Query.objects.visible_to(user).waiting().filter(participant_id__in=participant_ids)
    counted = rows.order_by().values("participant_id", "visit_id").annotate(n=Count("pk"))
    return {(r["participant_id"], r["visit_id"]): r["n"] for r in counted}


def aged(queries: QueryQuerySet, key: str, now: datetime | None = None) -> QueryQuerySet:
    """Those whose age falls into a bucket of AGES."""
    return queries.filter(_age(key, now or timezone.now()))


def ageing(queries: QueryQuerySet, now: datetime | None = None) -> dict[str, int]:
    """How many of these queries fall into each bucket of AGES; one statement."""
    at = now or timezone.now()
    counts = {key: Count("pk", filter=_age(key, at)) for key, _low, _high in AGES}
    return queries.order_by().aggregate(**counts)


def _age(key: str, now: datetime) -> Q:
    low, high = next((low, high) for name, low, high in AGES if name == key)
    wanted = Q(opened_at__lte=now - timedelta(days=low))
    return wanted if high is None else wanted & Q(opened_at__gt=now - timedelta(days=high))


@dataclass(frozen=True, slots=True)
class SiteMeasures:
    """How the queries of one site go. Ages and times in days; None where there is no query."""

    site: str
    open: int
    answered: int
    median_age: float | None
    oldest: float | None
    closed_30: int
    healed_30: int
    days_to_answer: float | None


def measures(user: AnyUser) -> list[SiteMeasures]:
    """One line for each site with queries; one statement."""
    now = timezone.now()
    waiting = ~Q(status=Status.CLOSED)
    lately = Q(closed_at__gte=now - timedelta(days=30))
    by_person = Q(closing__in=(Closing.ACCEPTED, Closing.CANCELLED))
    rows = (
        Query.objects.visible_to(user)
        .order_by()
        .values("site__code")
        .annotate(
            open_now=Count("pk", filter=Q(status=Status.OPEN)),
            answered_now=Count("pk", filter=Q(status=Status.ANSWERED)),
            median=_Median(_days(now - F("opened_at")), filter=waiting),
            since=Min("opened_at", filter=waiting),
            closed_lately=Count("pk", filter=lately & by_person),
            healed_lately=Count("pk", filter=lately & Q(closing=Closing.HEALED)),
            to_answer=Avg(_days(F("answered_at") - F("opened_at"))),
        )
        .order_by("site__code")
    )
    return [
        SiteMeasures(
            site=row["site__code"],
            open=row["open_now"],
            answered=row["answered_now"],
            median_age=_short(row["median"]),
            oldest=_short((now - row["since"]).total_seconds() / 86_400 if row["since"] else None),
            closed_30=row["closed_lately"],
            healed_30=row["healed_lately"],
            days_to_answer=_short(row["to_answer"]),
        )
        for row in rows
    ]


def _days(span: object) -> ExpressionWrapper:
    seconds = Extract(ExpressionWrapper(span, output_field=DurationField()), "epoch")  # type: ignore[arg-type]
    return ExpressionWrapper(seconds / 86_400.0, output_field=FloatField())


class _Median(Avg):
    """PostgreSQL's percentile_cont(0.5)."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
