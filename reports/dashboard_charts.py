"""The figures of the dashboard."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import accumulate

from django.utils.translation import gettext as _

from labs.wording import outcome_text, rule_text
from reports.recruitment import SitePlan, months, planned
from reports.selectors.casebook import columns
from reports.selectors.outcomes import ScoreCounts
from reports.selectors.sites import SiteSummary, percent, wanted
from trial.web.charts import Chart, Kind, Point, Series

BINS = ((6, 8), (9, 11), (12, 14), (15, 17), (18, 20), (21, 24), (25, 29), (30, 40))


def _site(one: SiteSummary) -> str:
    return _("Site %(code)s") % {"code": one.site.code}


def _span(sites: Sequence[SiteSummary], today: date) -> list[date]:
    starts = [one.site.opened_on for one in sites]
    starts += [month for one in sites for month in one.people.months]
    return months(min(starts), max(today, *starts)) if starts else []


def recruitment(sites: Sequence[SiteSummary], today: date) -> Chart:
    """Enrolled participants in all, against an even plan."""
    span = _span(sites, today)
    names = [f"{month:%Y-%m}" for month in span]
    enrolled = accumulate(sum(one.people.months[month] for one in sites) for month in span)
    plans = [SitePlan(one.site.opened_on, one.site.planned_participants) for one in sites]
    return Chart(
        id="recruitment",
        title=_("Recruitment over time"),
        kind=Kind.LINE,
        series=[
            Series(_("Enrolled"), [Point(x, y) for x, y in zip(names, enrolled, strict=True)]),
            Series(
                _("Plan"),
                [Point(x, y) for x, y in zip(names, planned(plans, span), strict=True)],
                dashed=True,
            ),
        ],
        x_name=_("Month"),
        y_name=_("Participants"),
        categories=names,
        note=_("Plan: each site's number spread evenly over 14 months from its opening."),
    )


def by_site(sites: Sequence[SiteSummary]) -> Chart:
    """Enrolled against planned, per site."""
    names = [one.site.code for one in sites]
    enrolled = [Point(one.site.code, one.people.enrolled) for one in sites]
    plan = [Point(one.site.code, one.site.planned_participants) for one in sites]
    return Chart(
        id="by-site",
        title=_("Recruitment by site"),
        kind=Kind.BAR,
        series=[Series(_("Enrolled"), enrolled), Series(_("Planned"), plan)],
        x_name=_("Site"),
        y_name=_("Participants"),
        categories=names,
    )


def visits(sites: Sequence[SiteSummary]) -> Chart:
    """Visits overdue, due, and held with unfinished labs, per site."""
    rows = {
        _("Overdue"): [one.overdue for one in sites],
        _("Due now"): [one.due for one in sites],
        _("Labs to finish"): [one.unfinished for one in sites],
    }
    codes = [one.site.code for one in sites]
    return Chart(
        id="visits",
        title=_("Visits due and overdue"),
        kind=Kind.BAR,
        series=[
            Series(name, [Point(x, y) for x, y in zip(codes, counts, strict=True)])
            for name, counts in rows.items()
        ],
        x_name=_("Site"),
        y_name=_("Visits"),
        categories=codes,
    )


def completeness(sites: Sequence[SiteSummary]) -> Chart:
    """Percent of the visits due whose labs are complete, site by visit."""
    codes = [column.code for column in columns()]
    rows = []
    for one in sites:
        shares = {row.code: (percent(row.complete, wanted(row)), row) for row in one.visits}
        points = [
            Point(
                code,
                shares[code][0],
                _("%(part)s of %(whole)s")
                % {"part": shares[code][1].complete, "whole": wanted(shares[code][1])},
            )
            for code in codes
            if code in shares
        ]
        rows.append(Series(_site(one), points))
    return Chart(
        id="completeness",
        title=_("Complete panels of the visits due, percent"),
        kind=Kind.HEAT,
        series=rows,
        x_name=_("Visit"),
        categories=codes,
        scale=(0, 100),
        note=_("Due: held, or overdue. Missed visits are not counted."),
    )


def outcomes(rule: str, counts: Mapping[str, int], order: Sequence[str]) -> Chart:
    """How many participants have which outcome of a rule."""
    names = [outcome_text(rule, outcome) for outcome in order]
    points = [
        Point(name, counts.get(outcome, 0)) for name, outcome in zip(names, order, strict=True)
    ]
    return Chart(
        id=f"outcome-{rule.lower()}",
        title=rule_text(rule),
        kind=Kind.BAR,
        series=[Series(_("Participants"), points if any(counts.values()) else [])],
        x_name=_("Outcome"),
        y_name=_("Participants"),
        categories=names,
        horizontal=True,
    )


def meld(counts: ScoreCounts) -> Chart:
    """MELD 3.0 at baseline and in the newest sample, in bins of points."""
    names = [f"{low}–{high}" for low, high in BINS]
    none = _("none")
    return Chart(
        id="meld",
        title=_("MELD 3.0 at baseline and in the newest sample"),
        kind=Kind.BAR,
        series=[
            Series(_("Baseline"), _binned(counts.baseline, names, none)),
            Series(_("Newest sample"), _binned(counts.newest, names, none)),
        ],
        x_name=_("Points"),
        y_name=_("Participants"),
        categories=[*names, none],
        note=_("None: a value is missing, so that the score cannot be computed."),
    )


def _binned(counts: Counter[int | None], names: Sequence[str], none: str) -> list[Point]:
    if not counts:
        return []
    known = {value: count for value, count in counts.items() if value is not None}
    points = [
        Point(name, sum(count for value, count in known.items() if low <= value <= high))
        for name, (low, high) in zip(names, BINS, strict=True)
    ]
    return [*points, Point(none, counts[None])]
