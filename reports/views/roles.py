"""The table of roles and rights, as the checks use it."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from reports.presenters.roles import table
from trial.access.http import AuthenticatedHttpRequest


@require_safe
def roles(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Which role may do what. Open to everybody signed in."""
    return render(request, "reports/roles.html", table(request.user))
