"""How far randomisation has come, for everybody who may know: no arm, no block, no list."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from randomization import list_charts, recruited
from randomization.forms.overview import SiteFilter
from randomization.list_wording import METHODS
from randomization.models import ListCommitment
from trial.access.http import AuthenticatedHttpRequest, require
from trial.access.roles import Permission
from trial.access.selectors import sites_of

PAGE = 50
COMMITMENTS = 10  # the study's lists; more than a few would be strange


@require_safe
@require(Permission.ALLOCATION_VIEW)
def overview(request: AuthenticatedHttpRequest) -> HttpResponse:
    """How many were randomised where and when, which list was committed to, and every number."""
    sites = list(sites_of(request.user, Permission.ALLOCATION_VIEW))
    form = SiteFilter(sites, request.GET)
    site = form.chosen()
    found = recruited.visible(request.user)
    if site is not None:
        found, sites = found.filter(participant__site=site), [site]
    lines = recruited.by_site(found, sites)
    rows = found.select_related("participant__site").order_by("-allocated_at", "-pk")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "active": int(site is not None),
        "groups": [group for group, _count in lines[0].cells] if lines else [],
        "sites": lines,
        "figure": list_charts.by_month(recruited.by_month(found), [one.code for one in sites]),
        "commitments": [
            (one, METHODS.get(one.method, one.method))
            for one in ListCommitment.objects.order_by("-committed_at")[:COMMITMENTS]
        ],
        "page": page,
        "lines": recruited.lines(page.object_list),
    }
    return render(request, "randomization/overview.html", context)
