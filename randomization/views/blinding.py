"""Did the blinding hold: the indices of the guesses by arm, for the statistician."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from randomization.forms.lists import OpenForm
from randomization.guesses import WHO, Report, answers_of, report
from randomization.sealed.reading import read_everybody
from randomization.views.proving import proved
from trial.access.exceptions import Refused
from trial.access.http import AuthenticatedHttpRequest, require
from trial.access.refusals import show_refusal
from trial.access.roles import Permission


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
@require(Permission.SEALED_LIST)
def indices(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Ask why, and who; then the tables. Arms are read as for the file, and each time recorded."""
    form = OpenForm(request.POST or None)
    status, reports = (422 if form.errors else 200), list[Report]()
    if form.is_valid():
        try:
            by = proved(request, form, "read_arms")
            rows = read_everybody(reason=form.cleaned_data["reason"], by=by)
            arms = {row.participant: row.arm for row in rows}
            reports = [report(who, arms, answers_of(who)) for who in WHO]
        except Refused as refused:
            show_refusal(form, refused)
            status = refused.page_status
    context = {"form": form, "reports": reports}
    return render(request, "unblinding/indices.html", context, status=status)
