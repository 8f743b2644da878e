"""Reading a list and disclosing its secrets: each with a reason and a fresh proof, noted first."""

import json
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from randomization.forms.lists import OpenForm
from randomization.list_page import page_of
from randomization.sealed.list_progress import trial_has_ended
from randomization.sealed.list_reading import Secrets, disclose, read_file
from randomization.sealed.models import AllocationList
from randomization.views.proving import proved
from trial.access.exceptions import Refused
from trial.access.http import AuthenticatedHttpRequest, require
from trial.access.refusals import show_refusal
from trial.access.roles import Permission


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
@require(Permission.SEALED_LIST)
def read(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """The list as CSV: every arm in its order."""
    found = get_object_or_404(AllocationList, pk=pk)
    form = OpenForm(request.POST or None)
    status = 422 if request.method == "POST" else 200
    if form.is_valid():
        try:
            by = proved(request, form, "read_list")
            data = read_file(found=found, reason=form.cleaned_data["reason"], by=by)
        except Refused as refused:
            show_refusal(form, refused)
            status = refused.page_status
        else:
            return _attached(data, f"list-{found.pk}.csv")
    context = page_of(found, ()) | {"form": form}
    return render(request, "randomization/read.html", context, status=status)


def _attached(data: bytes, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(data, content_type="text/csv; charset=utf-8", headers=headers)


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
@require(Permission.SEALED_LIST)
def secrets(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Salt, seed and design, for a stranger to check the list with, once the trial has ended."""
    found = get_object_or_404(AllocationList, pk=pk)
    form = OpenForm(request.POST or None)
    status = 422 if request.method == "POST" else 200
    context = page_of(found, ()) | {"form": form, "ended": trial_has_ended()}
    if form.is_valid():
        try:
            by = proved(request, form, "disclose_list")
            opened = disclose(found=found, reason=form.cleaned_data["reason"], by=by)
        except Refused as refused:
            show_refusal(form, refused)
            status = refused.page_status
        else:
            return render(request, "randomization/disclosed.html", context | _opened(found, opened))
    return render(request, "randomization/disclose.html", context, status=status)


def _opened(found: AllocationList, opened: Secrets) -> dict[str, Any]:
    design = {"algorithm": found.algorithm, **found.design}
    return {"opened": opened, "design_json": json.dumps(design, indent=1, ensure_ascii=False)}
