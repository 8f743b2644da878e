"""Where to look first: kinds of change by site, and the reviews that were made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import Q
from django.urls import reverse
from django.utils.functional import Promise

from reports.models import TrailReview
from reports.selectors.risk import RISKS, Risk, counts
from reports.selectors.trail import within
from reports.trail_forms import PeriodForm
from trial.access.models import Site
from trial.audit.models import EventQuerySet

PAGE = 20


@dataclass(frozen=True, slots=True)
class RiskLine:
    """One kind of change: how many at each site (code, count), with the address of its list."""

    risk: Risk
    cells: list[tuple[str, int, str]]
    total: int
    url: str


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """One review with the address of what it was about."""

    review: TrailReview
    name: str | Promise
    url: str


def page(
    rows: EventQuerySet, sites: Sequence[Site], period: PeriodForm, number: str | None
) -> dict[str, Any]:
    """The page; nothing is counted while the period is wrong."""
    made = TrailReview.objects.filter(Q(site=None) | Q(site__in=sites)).select_related("site")
    shown = Paginator(made, PAGE).get_page(number)
    context: dict[str, Any] = {"period": period, "sites": sites, "lines": [], "page": shown}
    context["reviews"] = [_review(one) for one in shown]
    if period.is_valid():
        since, until = period.cleaned_data["since"], period.cleaned_data["until"]
        within_period = rows.filter(within(since, until))
        context["lines"] = [
            _line(risk, sites, since, until, within_period) for risk in RISKS.values()
        ]
    return context


def _line(
    risk: Risk, sites: Sequence[Site], since: date, until: date, rows: EventQuerySet
) -> RiskLine:
    found = counts(risk, rows, since, until)
    asked = {"risk": risk.code, "since": since, "until": until}
    cells = []
    for site in sites:
        number = found[site.pk].events if site.pk in found else 0
        cells.append((site.code, number, _address({**asked, "site": site.code})))
    return RiskLine(risk, cells, sum(number for _code, number, _url in cells), _address(asked))


def _review(made: TrailReview) -> ReviewLine:
    asked: dict[str, Any] = {"risk": made.risk, "since": made.since, "until": made.until}
    if made.site:
        asked["site"] = made.site.code
    name = RISKS[made.risk].name if made.risk in RISKS else made.risk
    return ReviewLine(made, name, _address(asked))


def _address(query: Mapping[str, Any]) -> str:
    return f"{reverse('reports:trail')}?{urlencode(query)}"
