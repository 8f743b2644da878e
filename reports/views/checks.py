"""The edit checks of the protocol, and how they do."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from reports.presenters import checks as presenter
from trial.access.http import AuthenticatedHttpRequest, require
from trial.access.roles import Permission


@require_safe
@require(Permission.QUERY_VIEW)
def checks(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Every edit check with how often it fires and what was said; `?format=csv` gives a file."""
    if request.GET.get("format") == "csv":
        headers = {"Content-Disposition": 'attachment; filename="edit-checks.csv"'}
        text = presenter.as_csv(request.user, request.GET)
        return HttpResponse(text, content_type="text/csv; charset=utf-8", headers=headers)
    return render(request, "queries/checks.html", presenter.page(request.user, request.GET))
