"""All arms as a file, after the planned unblinding, for the statistician."""

import csv
import io

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from randomization.forms.lists import OpenForm
from randomization.sealed.reading import AllocatedArm, read_everybody
from randomization.views.proving import proved
from trial.access.exceptions import Refused
from trial.access.http import AuthenticatedHttpRequest, require
from trial.access.refusals import show_refusal
from trial.access.roles import Permission

COLUMNS = ("participant", "number", "stratum", "slot", "arm")


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
@require(Permission.SEALED_LIST)
def everybody(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Ask why, and who; then the file. Each taking out is recorded before it begins."""
    form = OpenForm(request.POST or None)
    status = 422 if form.errors else 200
    if form.is_valid():
        try:
            by = proved(request, form, "read_arms")
            return _file(read_everybody(reason=form.cleaned_data["reason"], by=by))
        except Refused as refused:
            show_refusal(form, refused)
            status = refused.page_status
    return render(request, "unblinding/everybody.html", {"form": form}, status=status)


def _file(rows: list[AllocatedArm]) -> HttpResponse:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows([getattr(row, name) for name in COLUMNS] for row in rows)
    response = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="arms.csv"'
    return response
