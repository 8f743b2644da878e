"""Enrolment, which plans all visits."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from patients.forms import EnrolmentForm
from patients.places import place_of
from patients.views import screening
from patients.views.frame import participant_or_404
from trial.access.exceptions import Refused
from trial.access.http import AuthenticatedHttpRequest, actor, require
from trial.access.refusals import show_refusal
from trial.access.roles import Permission
from trial.quality.selectors.holds import require_open
from trial.signing.selectors import signatures_of
from visits.selectors import visits as selectors
from visits.services.schedule import enrol as enrol_participant


@require_POST
@require(Permission.PARTICIPANT_ENROL)
def enrol(request: AuthenticatedHttpRequest, code: str) -> HttpResponse:
    """Enrol a participant who has consented and is eligible."""
    participant = participant_or_404(request, code)
    by = actor(request, Permission.PARTICIPANT_ENROL, participant.site)
    require_open(place_of(participant, "participant"))
    form = EnrolmentForm(request.POST)
    if not form.is_valid():
        return screening.draw(request, participant, enrol_form=form)
    try:
        enrol_participant(participant=participant, by=by, **form.cleaned_data)
    except Refused as refused:
        show_refusal(form, refused)
        return screening.draw(request, participant, enrol_form=form)
    messages.success(request, _("Enrolled. All visits are planned."))
    return redirect("visits:schedule", participant.code)


@require_GET
@require(Permission.PARTICIPANT_VIEW)
def schedule(request: AuthenticatedHttpRequest, code: str) -> HttpResponse:
    """All visit dates with their windows, to print and hand over."""
    participant = participant_or_404(request, code)
    rows = [row for row in selectors.visit_rows(participant) if row.visit.target_on]
    signed = signatures_of([participant.pk])
    shown = [(row, signed.of_visit.get(row.visit.pk), signed.visit(row.visit.pk)) for row in rows]
    context = {"participant": participant, "lines": shown}
    return render(request, "visits/schedule.html", context)
