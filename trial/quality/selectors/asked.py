"""Reading about queries: of one place, of many, as a list, and in numbers by site."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from django.db.models import Aggregate, Count, F, Min, Q, QuerySet
from django.db.models.fields import FloatField
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from trial.access.models import Site
from trial.access.policy import AnyUser, can
from trial.access.roles import Permission
from trial.access.selectors import sites_of
from trial.quality.models import Origin, Query, Status, Step

At = tuple[int, int | None]  # participant, and visit where it is about one


@dataclass(frozen=True, slots=True)
class Bucket:
    """Queries that wait for a number of days: from `since` on, before `until`."""

    code: str
    label: str | Promise
    since: int
    until: int | None

    def among(self, now: datetime) -> Q:
        """The condition on a query of this age at `now`."""
        found = Q(opened_at__lte=now - timedelta(days=self.since))
        if self.until is not None:
            found &= Q(opened_at__gt=now - timedelta(days=self.until))
        return found


BUCKETS = (
    Bucket("week", _("up to 7 days"), 0, 8),
    Bucket("fortnight", _("8 to 14 days"), 8, 15),
    Bucket("month", _("15 to 30 days"), 15, 31),
    Bucket("older", _("over 30 days"), 31, None),
)


def unsettled_by_place(participant_ids: Collection[int]) -> Counter[At]:
    """How many queries are not closed, by participant and visit. One statement."""
    rows = Query.objects.unsettled().filter(participant_id__in=participant_ids)
    counts = rows.values_list("participant_id", "visit_id").order_by().annotate(n=Count("pk"))
    return Counter({(person, visit): n for person, visit, n in counts})


@dataclass(frozen=True, slots=True)
class Flag:
    """The unsettled queries of one record, for the small sign beside it."""

    queries: tuple[Query, ...]

    @property
    def first(self) -> Query:
        """The one that waits for the site, else the oldest."""
        return next((one for one in self.queries if one.status == Status.OPEN), self.queries[0])

    @property
    def open(self) -> int:
        return sum(one.status == Status.OPEN for one in self.queries)

    @property
    def answered(self) -> int:
        return len(self.queries) - self.open


Flags: TypeAlias = Mapping[tuple[str, int], Flag]


def flags(rows: Iterable[Query]) -> Flags:
    """Queries by the record (table, id) they are about."""
    found: dict[tuple[str, int], list[Query]] = defaultdict(list)
    for query in rows:
        found[query.table, query.record_id].append(query)
    return {record: Flag(tuple(queries)) for record, queries in found.items()}


def of_visit(user: AnyUser, visit_id: int) -> QuerySet[Query]:
    """The unsettled queries about a visit and its labs that `user` may see."""
    return Query.objects.visible_to(user).unsettled().filter(visit_id=visit_id)


def of_participant(user: AnyUser, participant_id: int) -> QuerySet[Query]:
    """The unsettled queries of a participant that `user` may see, whichever the form."""
    return Query.objects.visible_to(user).unsettled().filter(participant_id=participant_id)


def to_answer(user: AnyUser) -> QuerySet[Query]:
    """What waits for the site where `user` answers, the oldest first."""
    mine = Query.objects.visible_to(user, Permission.QUERY_ANSWER)
    return mine.filter(status=Status.OPEN).order_by("opened_at", "pk")


def to_look_at(user: AnyUser) -> QuerySet[Query]:
    """Answers that wait for somebody to accept them, the oldest first."""
    mine = Query.objects.visible_to(user, Permission.QUERY_CLOSE)
    return mine.filter(status=Status.ANSWERED).order_by("answered_at", "pk")


def ageing(rows: "QuerySet[Query]", now: datetime) -> list[tuple[Bucket, int]]:
    """How many of `rows` are how old. One statement."""
    counts = {one.code: Count("pk", filter=one.among(now)) for one in BUCKETS}
    found = rows.order_by().aggregate(**counts)
    return [(one, found[one.code]) for one in BUCKETS]


@dataclass(frozen=True, slots=True)
class SiteMetrics:
    """One site's queries in numbers; ages in days, None where nothing is unsettled."""

    site: Site
    open: int = 0
    answered: int = 0
    median_age: float | None = None
    oldest: int | None = None
    closed_30: int = 0
    by_hand: int = 0


class _MedianAge(Aggregate):
    """The median of a timestamp, as PostgreSQL takes it over a group."""

    function = "percentile_cont"
    template = "percentile_cont(0.5) within group (order by extract(epoch from %(expressions)s))"
    output_field = FloatField()


def metrics(user: AnyUser, now: datetime | None = None) -> list[SiteMetrics]:
    """The queries of each site of the user in numbers. Three statements."""
    now = now or timezone.now()
    month = now - timedelta(days=30)
    rows = Query.objects.visible_to(user).order_by().values("site")
    unsettled = ~Q(status=Status.CLOSED)
    counts = rows.annotate(
        open=Count("pk", filter=Q(status=Status.OPEN)),
        answered=Count("pk", filter=Q(status=Status.ANSWERED)),
        first=Min("opened_at", filter=unsettled),
        closed=Count("pk", filter=Q(closed_at__gte=month)),
        by_hand=Count("pk", filter=unsettled & Q(origin__in=(Origin.MONITOR, Origin.DATA_MANAGER))),
    )
    found = {row["site"]: row for row in counts}
    ages = rows.filter(unsettled).annotate(median=_MedianAge(F("opened_at")))
    medians = dict(ages.values_list("site", "median"))
    return [
        _site_metrics(site, found.get(site.pk), medians.get(site.pk), now)
        for site in sites_of(user, Permission.QUERY_VIEW)
    ]


def _site_metrics(
    site: Site, row: Mapping[str, object] | None, median: float | None, now: datetime
) -> SiteMetrics:
    if row is None:
        return SiteMetrics(site)
    first = row["first"]
    return SiteMetrics(
        site=site,
        open=int(str(row["open"])),
        answered=int(str(row["answered"])),
        median_age=None if median is None else round((now.timestamp() - median) / 86_400, 1),
        oldest=(now - first).days if isinstance(first, datetime) else None,
        closed_30=int(str(row["closed"])),
        by_hand=int(str(row["by_hand"])),
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """The unsettled queries over a page's records, and what the reader may do with them."""

    queries: tuple[Query, ...]
    flags: Flags
    may_raise: bool

    def apart_from(self, table: str) -> list[Query]:
        """Those that stand beside no row of this table."""
        return [one for one in self.queries if one.table != table]


def asked_over(user: AnyUser, site_id: int, rows: "QuerySet[Query]") -> Asked:
    """What a form shows about queries. One statement."""
    queries = tuple(rows.order_by("opened_at", "pk"))
    return Asked(queries, flags(queries), bool(can(user, Permission.QUERY_RAISE, site_id)))


def reason_from(user: AnyUser, number: str, participant_id: int) -> str:
    """What a correction opened from a query says beforehand: its number and text (R-13).

    "" where the address names no query of this participant that the user may see.
    """
    if not (number.isascii() and number.isdigit() and len(number) < 18):
        return ""
    rows = Query.objects.visible_to(user).filter(pk=int(number), participant_id=participant_id)
    query = rows.first()
    if query is None:
        return ""
    asked = query.messages.filter(step__in=(Step.RAISED, Step.REOPENED)).last()
    text = asked.said if asked else ""
    return gettext("Query #%(number)s: %(text)s") % {"number": query.pk, "text": text[:400]}
