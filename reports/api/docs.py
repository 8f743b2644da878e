"""The API's description as a page."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from trial.access.http import AuthenticatedHttpRequest


@require_safe
def docs(request: AuthenticatedHttpRequest) -> HttpResponse:
    """The API's description, to read and to try. Open to everybody signed in."""
    return render(request, "reports/api_docs.html", {"schema": reverse("api:schema")})
