"""Corrections to what is known about a participant, and the end of taking part.

The end is a line of the casebook's disposition form, which these pages write."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from patients import services
from patients.forms import DetailsForm, FinishForm, LeaveForm, WithdrawForm
from patients.models import Participant
from patients.places import place_of
from patients.views.frame import participant_or_404
from trial.access.exceptions import Refused
from trial.access.http import AuthenticatedHttpRequest, actor, require
from trial.access.refusals import show_refusal
from trial.access.roles import Permission
from trial.quality.selectors.asked import reason_from
from trial.quality.selectors.holds import require_open


@require_http_methods(["GET", "POST"])
@require(Permission.PARTICIPANT_ENROL)
def details(request: AuthenticatedHttpRequest, code: str) -> HttpResponse:
    """Correct sex, year of birth, childbearing potential or the start of induction."""
    participant = participant_or_404(request, code)
    by = actor(request, Permission.PARTICIPANT_ENROL, participant.site)
    require_open(place_of(participant, "participant"))
    reason = reason_from(request.user, request.GET.get("query", ""), participant.pk)
    initial = DetailsForm.starting(participant) | {"reason": reason}
    form = DetailsForm(request.POST or None, initial=initial)
    if not form.is_valid():
        return _page(request, participant, "details", form)
    data = form.cleaned_data
    try:
        services.correct(
            participant=participant,
            changes=form.changes(),
            version=data["version"],
            reason=data["reason"],
            by=by,
        )
    except Refused as refused:
        show_refusal(form, refused)
        return _page(request, participant, "details", form)
    messages.success(request, _("The details are corrected."))
    return redirect("patients:screening", participant.code)


@require_http_methods(["GET", "POST"])
@require(Permission.PARTICIPANT_ENROL)
def withdraw(request: AuthenticatedHttpRequest, code: str) -> HttpResponse:
    """Record that a participant leaves the study before its end."""
    participant = participant_or_404(request, code)
    by = actor(request, Permission.PARTICIPANT_ENROL, participant.site)
    require_open(place_of(participant, "participant"))
    form = WithdrawForm(request.POST or None)
    if not form.is_valid():
        return _page(request, participant, "withdraw", form)
    try:
        services.withdraw(participant=participant, by=by, **form.cleaned_data)
    except Refused as refused:
        show_refusal(form, refused)
        return _page(request, participant, "withdraw", form)
    messages.success(request, _("The withdrawal is recorded. What was collected stays."))
    return redirect("visits:list", participant.code)


@require_http_methods(["GET", "POST"])
@require(Permission.PARTICIPANT_ENROL)
def complete(request: AuthenticatedHttpRequest, code: str) -> HttpResponse:
    """Record that a participant has finished the study."""
    participant = participant_or_404(request, code)
    by = actor(request, Permission.PARTICIPANT_ENROL, participant.site)
    require_open(place_of(participant, "participant"))
    form = FinishForm(request.POST or None)
    if not form.is_valid():
        return _page(request, participant, "complete", form)
    try:
        services.complete(participant=participant, by=by, **form.cleaned_data)
    except Refused as refused:
        show_refusal(form, refused)
        return _page(request, participant, "complete", form)
    messages.success(request, _("The participant has completed the study."))
    return redirect("visits:list", participant.code)


def _page(
    request: AuthenticatedHttpRequest,
    participant: Participant,
    page: str,
    form: DetailsForm | LeaveForm,
) -> HttpResponse:
    context = {"participant": participant, "form": form}
    return render(request, f"patients/{page}.html", context, status=422 if form.errors else 200)
