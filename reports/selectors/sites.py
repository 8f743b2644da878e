"""Each site in numbers: recruitment against plan, visits, completeness. Three statements."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count
from django.db.models.functions import TruncMonth

from patients.models import Participant, Status
from reports.selectors.visits import VisitCounts, counts_by_site
from trial.access.models import Site
from trial.access.policy import AnyUser
from trial.access.roles import Permission
from trial.access.selectors import sites_of
from trial.protocol import registry


@dataclass
class People:
    """Participants of a site, counted; `enrolled` are all who ever were, by month in `months`."""

    screened: int = 0
    enrolled: int = 0
    screening: int = 0
    months: Counter[date] = field(default_factory=Counter)

    def add(self, month: date | None, status: str, count: int) -> None:
        """Count participants of one month of enrolment (None: not enrolled) and status."""
        self.screened += count
        if month is not None:
            self.enrolled += count
            self.months[month] += count
        if status == Status.SCREENING:
            self.screening += count


@dataclass(frozen=True, slots=True)
class SiteSummary:
    """One site: its people, and its visits by code."""

    site: Site
    people: People
    visits: list[VisitCounts] = field(default_factory=list)

    @property
    def overdue(self) -> int:
        return sum(row.overdue for row in self.visits)

    @property
    def due(self) -> int:
        return sum(row.due for row in self.visits)

    @property
    def missed(self) -> int:
        return sum(row.missed for row in self.visits)

    @property
    def unfinished(self) -> int:
        """Held visits whose labs are missing or incomplete."""
        return sum(row.needs_labs + row.incomplete for row in self.visits)

    @property
    def wanted(self) -> int:
        """Visits that should have complete labs by now."""
        return sum(wanted(row) for row in self.visits)

    @property
    def complete(self) -> int:
        return sum(row.complete for row in self.visits)

    @property
    def values_expected(self) -> int:
        """Values that should be there by now, also of visits without a panel."""
        return sum(row.expected + _unwritten(row) for row in self.visits)

    @property
    def values_entered(self) -> int:
        return sum(row.filled for row in self.visits)

    @property
    def percent_complete(self) -> int | None:
        return percent(self.complete, self.wanted)

    @property
    def percent_entered(self) -> int | None:
        return percent(self.values_entered, self.values_expected)

    @property
    def percent_recruited(self) -> int | None:
        return percent(self.people.enrolled, self.site.planned_participants)


def wanted(row: VisitCounts) -> int:
    """Visits that should have complete labs: held, or overdue."""
    return row.held + row.overdue


def percent(part: int, whole: int) -> int | None:
    """Whole percent, rounded down so that 100 means all; None of nothing."""
    return 100 * part // whole if whole else None


def _unwritten(row: VisitCounts) -> int:
    """Values of visits that have no panel yet, after the newest protocol."""
    sizes = {visit.code: len(visit.panel) for visit in registry.latest().visits}
    return (row.needs_labs + row.overdue) * sizes.get(row.code, 0)


def summaries(user: AnyUser) -> list[SiteSummary]:
    """Every site at which the user sees reports, in order of its code."""
    people = _people(user)
    visits: dict[int, list[VisitCounts]] = defaultdict(list)
    for row in counts_by_site(user):
        visits[row.site_id].append(row)
    sites = sites_of(user, Permission.REPORT_VIEW)
    return [SiteSummary(site, people[site.pk], visits[site.pk]) for site in sites]


def _people(user: AnyUser) -> dict[int, People]:
    visible = Participant.objects.visible_to(user, Permission.REPORT_VIEW).order_by()
    counted = visible.values("site_id", "status", month=TruncMonth("enrolled_on"))
    rows = counted.annotate(n=Count("pk")).values_list("site_id", "month", "status", "n")
    found: dict[int, People] = defaultdict(People)
    for site_id, month, status, count in rows:
        found[site_id].add(month, status, count)
    return found
