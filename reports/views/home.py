"""The first page after signing in: what the user's role comes for."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from reports.presenters.home import page
from trial.access.http import AuthenticatedHttpRequest


@require_safe
def home(request: AuthenticatedHttpRequest) -> HttpResponse:
    """What is due and what is wrong, by role. Open to everybody signed in."""
    return render(request, "reports/home.html", page(request.user))
