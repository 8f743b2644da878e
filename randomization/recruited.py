"""How far randomisation has come: from what everybody may know alone (randomization_allocation)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count
from django.db.models.functions import TruncMonth

from randomization.models import Allocation, AllocationQuerySet
from randomization.selectors import StratumPlace, strata_at, true_stratum
from trial.access.models import Site
from trial.access.policy import AnyUser
from trial.access.roles import Permission
from trial.protocol.allocation import StatusGroup


@dataclass(frozen=True, slots=True)
class SiteLine:
    """One site: how many in each group (None where the site has no such stratum), and planned."""

    site: Site
    counts: Sequence[int | None]

    @property
    def total(self) -> int:
        """All of the site."""
        return sum(count or 0 for count in self.counts)


@dataclass(frozen=True, slots=True)
class Line:
    """One allocation, with the stratum that today's data give where it is another (R-50)."""

    allocation: Allocation
    differs: str


def visible(user: AnyUser) -> AllocationQuerySet:
    """The allocations that a user may see here."""
    return Allocation.objects.visible_to(user, Permission.ALLOCATION_VIEW)


def by_site(
    found: AllocationQuerySet, sites: Sequence[Site]
) -> tuple[list[StatusGroup], list[SiteLine]]:
    """The groups of disease status, and a line for each site."""
    places = strata_at(sites)
    groups = list({one.group.code: one.group for one in places}.values())
    counts: Mapping[str, int] = dict(
        found.order_by().values_list("stratum").annotate(count=Count("pk"))
    )
    return groups, [SiteLine(site, _counts(site, groups, places, counts)) for site in sites]


def _counts(
    site: Site,
    groups: Sequence[StatusGroup],
    places: Iterable[StratumPlace],
    counts: Mapping[str, int],
) -> list[int | None]:
    codes = {one.group.code: one.code for one in places if one.site == site}
    return [counts.get(codes[g.code], 0) if g.code in codes else None for g in groups]


def by_month(found: AllocationQuerySet) -> dict[tuple[date, str], int]:
    """How many in each month at each site."""
    rows = found.order_by().annotate(month=TruncMonth("allocated_at"))
    counted = rows.values_list("month", "participant__site__code").annotate(count=Count("pk"))
    return {(month.date(), site): count for month, site, count in counted}


def lines(allocations: Iterable[Allocation]) -> list[Line]:
    """Allocations as a list shows them. They come with participant and site."""
    return [Line(one, _other(one)) for one in allocations]


def _other(allocation: Allocation) -> str:
    true = true_stratum(allocation)
    return "" if true == allocation.stratum else true
