"""The casebook: participants by visits, coloured by state."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from reports.presenters.matrix import page
from trial.access.http import AuthenticatedHttpRequest, require
from trial.access.roles import Permission


@require_safe
@require(Permission.REPORT_VIEW)
def matrix(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Fifty participants at a time, by site, status and state of a visit."""
    return render(request, "reports/matrix.html", page(request.user, request.GET))
