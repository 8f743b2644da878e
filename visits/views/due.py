"""The work list: visits overdue, due, and opening soon."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from trial.access import policy
from trial.access.http import AuthenticatedHttpRequest, require
from trial.access.roles import Permission
from trial.access.selectors import sites_of
from visits.forms import WorkFilter
from visits.selectors import visits as selectors

PER_PAGE = 50


@require_GET
@require(Permission.REPORT_VIEW)
def due(request: AuthenticatedHttpRequest) -> HttpResponse:
    """What is to be done, the visit that has waited longest first."""
    sites = sites_of(request.user, Permission.REPORT_VIEW)
    form = WorkFilter(sites, request.GET)
    chosen = form.chosen()
    work = selectors.work_list(request.user, days=chosen["days"])
    if chosen["site"]:
        work = work.filter(participant__site=chosen["site"])
    counts = selectors.work_counts(work)
    if chosen["state"]:
        work = selectors.in_state(work, WorkFilter.STATES[chosen["state"]])
    page = Paginator(work, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "active": sum(bool(chosen[name]) for name in ("site", "state")) + (chosen["days"] != 14),
        "days": chosen["days"],
        "links": {state: _link(request, state) for state in WorkFilter.STATES},
        **counts,
        "page": page,
        "rows": selectors.work_rows(page.object_list),
        "may_enter": policy.can(request.user, Permission.LAB_ENTER),
    }
    return render(request, "visits/due.html", context)


def _link(request: AuthenticatedHttpRequest, state: str) -> str:
    """The list narrowed to a state, with the filters that are set kept."""
    query = request.GET.copy()
    query.pop("page", None)
    query["state"] = state
    return f"?{query.urlencode()}"
