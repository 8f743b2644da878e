"""All cases with their clocks, those that are overdue first, and what the stopping rules say."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from safety.forms import CaseFilter
from safety.models import SafetyCase
from safety.presenting import case_line
from safety.selectors.cases import held, in_state, overdue_first
from safety.selectors.pooled import pooled
from safety.wording import TRIGGERS
from trial.access.http import AuthenticatedHttpRequest, require
from trial.access.policy import sites_for
from trial.access.roles import Permission
from trial.access.selectors import sites_of
from trial.protocol import registry
from trial.protocol.safety import SafetyParameters

PER_PAGE = 25


@require_safe
@require(Permission.REPORT_VIEW)
def cases(request: AuthenticatedHttpRequest) -> HttpResponse:
    """The cases of the user's sites."""
    now = timezone.now()
    form = CaseFilter(list(sites_of(request.user, Permission.REPORT_VIEW)), request.GET)
    site, state = form.choice()
    found = SafetyCase.objects.visible_to(request.user)
    found = in_state(found.filter(participant__site=site) if site else found, state, now)
    page = Paginator(overdue_first(found), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "active": sum(map(bool, (site, state))),
        "page": page,
        "lines": [case_line(one) for one in held(page.object_list, now)],
        "stopping": _stopping(request),
    }
    return render(request, "safety/cases.html", context)


def _stopping(request: AuthenticatedHttpRequest) -> dict[str, Any] | None:
    """The pooled counts, for those who see all sites: a site's part of them would mislead."""
    if not sites_for(request.user, Permission.REPORT_VIEW).everywhere:
        return None
    parameters: SafetyParameters = registry.latest().safety
    found = pooled(parameters)
    return {
        "found": found,
        "reached": [TRIGGERS[one] for one in found.pause.reached],
        "possible": [TRIGGERS[one] for one in found.pause.possible],
        "among_first": parameters.stopping.halted_among_first,
        "halted": sum(found.counts.halted[: parameters.stopping.halted_among_first]),
    }
