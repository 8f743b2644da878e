"""How far randomisation has come: from what everybody may know alone (randomization_allocation)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count
from django.db.models.functions import TruncMonth

from randomization.models import Allocation, AllocationQuerySet
from randomization.selectors import strata_at, true_stratum
from trial.access.models import Site
from trial.access.policy import AnyUser
from trial.access.roles import Permission
from trial.protocol.allocation import StatusGroup


@dataclass(frozen=True, slots=True)
class SiteLine:
    """One site, or with the name "" all together: how many in each group (None where the site has
    no such stratum), and how many are planned."""

    name: str
    cells: Sequence[tuple[StatusGroup, int | None]]
    planned: int

    @property
    def total(self) -> int:
        """Those of all groups."""
        return sum(count or 0 for _group, count in self.cells)


@dataclass(frozen=True, slots=True)
class Line:
    """One allocation, with the stratum that today's data give where it is another (R-50)."""

    allocation: Allocation
    differs: str


def visible(user: AnyUser) -> AllocationQuerySet:
    """The allocations that a user may see here."""
    return Allocation.objects.visible_to(user, Permission.ALLOCATION_VIEW)


def by_site(found: AllocationQuerySet, sites: Sequence[Site]) -> list[SiteLine]:
    """A line for each site, and one for all if there are several."""
    places = strata_at(sites)
    groups = list({one.group.code: one.group for one in places}.values())
    counts: Mapping[str, int] = dict(
        found.order_by().values_list("stratum").annotate(count=Count("pk"))
    )
    known = {(one.site.pk, one.group.code): counts.get(one.code, 0) for one in places}
    lines = [
        SiteLine(
            site.code,
            [(group, known.get((site.pk, group.code))) for group in groups],
            site.planned_participants,
        )
        for site in sites
    ]
    return lines if len(lines) < 2 else [*lines, _together(groups, lines)]


def _together(groups: Sequence[StatusGroup], lines: Sequence[SiteLine]) -> SiteLine:
    """The sums of all lines."""
    sums = [sum(line.cells[place][1] or 0 for line in lines) for place in range(len(groups))]
    planned = sum(line.planned for line in lines)
    return SiteLine("", list(zip(groups, sums, strict=True)), planned)


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
