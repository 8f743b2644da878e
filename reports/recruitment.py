"""Recruitment against plan, month by month. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

# The registry record plans 36 months in all, of which the last participant is followed for 96
# weeks (22 months): 14 months are left to recruit in. The record names no plan by month.
RECRUITMENT_MONTHS = 14


@dataclass(frozen=True, slots=True)
class SitePlan:
    """How many a site is to recruit, from the month it opened."""

    opened: date
    planned: int

    def due(self, month: date) -> Decimal:
        """How many should have been enrolled by the end of `month`, evenly over the months."""
        passed = months_between(self.opened, month) + 1
        share = Decimal(min(max(passed, 0), RECRUITMENT_MONTHS)) / RECRUITMENT_MONTHS
        return self.planned * share


def months_between(first: date, last: date) -> int:
    """Whole calendar months from one month to another; negative when `last` comes first."""
    return 12 * (last.year - first.year) + last.month - first.month


def months(first: date, last: date) -> list[date]:
    """The first days of the months from one to the other, both included."""
    count = months_between(first, last) + 1
    start = 12 * first.year + first.month - 1
    return [date(n // 12, n % 12 + 1, 1) for n in range(start, start + count)]


def planned(plans: Iterable[SitePlan], over: Sequence[date]) -> list[int]:
    """The whole plan at the end of each month, in whole participants."""
    plans = list(plans)
    totals = [sum((plan.due(month) for plan in plans), Decimal(0)) for month in over]
    return [int(total.quantize(Decimal(1), rounding=ROUND_HALF_UP)) for total in totals]
