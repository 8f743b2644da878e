"""What a simulation shows, and how randomisation goes on over time: figures without any arm."""

from collections.abc import Mapping, Sequence
from datetime import date

from django.utils.translation import gettext as _

from randomization.simulation import Outcome
from trial.web.charts import Chart, Kind, Point, Series


def final_differences(outcome: Outcome) -> Chart:
    """How often the arms differed by how much at the end of a simulated trial."""
    most = max(outcome.final_differences)
    return Chart(
        id="differences",
        title=_("Difference between the arms at the end"),
        kind=Kind.BAR,
        series=[
            Series(
                _("Runs"),
                [Point(str(n), outcome.final_differences.get(n, 0)) for n in range(most + 1)],
            )
        ],
        x_name=_("Difference"),
        y_name=_("Runs"),
        categories=[str(n) for n in range(most + 1)],
    )


def by_month(counts: Mapping[tuple[date, str], int], sites: Sequence[str]) -> Chart:
    """How many were randomised in each month, by site."""
    months = _months(sorted({month for month, _site in counts}))
    names = [f"{month:%Y-%m}" for month in months]
    return Chart(
        id="months",
        title=_("Randomised by month"),
        kind=Kind.STACKED,
        series=[
            Series(site, [Point(f"{m:%Y-%m}", counts.get((m, site), 0)) for m in months])
            for site in sites
        ],
        x_name=_("Month"),
        y_name=_("Participants"),
        categories=names,
    )


def _months(known: Sequence[date]) -> list[date]:
    """Every month from the first to the last, also those without anybody."""
    if not known:
        return []
    first, last = known[0], known[-1]
    span = (last.year - first.year) * 12 + last.month - first.month
    return [
        date(first.year + (first.month - 1 + n) // 12, (first.month - 1 + n) % 12 + 1, 1)
        for n in range(span + 1)
    ]
