"""Downloads and the API: the page for those who take data out."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from reports.presenters.data import page
from trial.access.http import AuthenticatedHttpRequest, require
from trial.access.roles import Permission


@require_safe
@require(Permission.DATA_EXPORT)
def data(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Files to download, `?site=` narrows them; how to get a token; exports taken."""
    address = request.build_absolute_uri(reverse("api:sites-list").removesuffix("sites/"))
    context = page(request.user, request.GET.get("site", ""), address)
    return render(request, "reports/data.html", context)
