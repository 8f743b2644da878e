"""The study in figures, for all sites or one."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from reports.presenters.dashboard import page
from trial.access.http import AuthenticatedHttpRequest, require
from trial.access.roles import Permission


@require_safe
@require(Permission.REPORT_VIEW)
def dashboard(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Recruitment, visits, completeness, response, relapse and MELD."""
    return render(request, "reports/dashboard.html", page(request.user, request.GET))
