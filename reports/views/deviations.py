"""Departures from the protocol that the facts show: for the study, and saying that one is none."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from patients.places import place_of
from patients.views.frame import participant_or_404
from reports.forms import DismissForm
from reports.presenters import deviations as presenter
from reports.selectors.deviations import Detecting
from trial.access.http import AuthenticatedHttpRequest, actor, require
from trial.access.roles import Permission
from trial.quality.selectors.holds import require_open
from visits.services import findings


@require_safe
@require(Permission.REPORT_VIEW)
def listing(request: AuthenticatedHttpRequest) -> HttpResponse:
    """What was found about the participants that the user may see."""
    context = presenter.page(request.user, request.GET)
    return render(request, "deviations/list.html", context)


@require_POST
@require(Permission.VISIT_RECORD)
def dismiss(request: AuthenticatedHttpRequest, code: str) -> HttpResponse:
    """Say that a finding of a participant is no deviation, and why."""
    person = participant_or_404(request, code)
    by = actor(request, Permission.VISIT_RECORD, person.site)
    require_open(place_of(person, "deviation"))
    name = request.POST.get("finding", "")
    found = next((one for one in Detecting([person]).of(person) if one.name == name), None)
    if found is None:
        messages.error(request, _("This is not found any more."))
        return redirect("crf:lines", code, "deviation")
    form = DismissForm(request.POST)
    if not form.is_valid():
        context = {"participant": person, "form": form, "name": name,
                   "text": presenter.wording(found.deviation)}  # fmt: skip
        return render(request, "deviations/dismiss.html", context, status=422)
    findings.dismiss(participant=person, finding=name, reason=form.cleaned_data["reason"], by=by)
    messages.success(request, _("It is kept as no deviation, with your reason."))
    return redirect("crf:lines", code, "deviation")
