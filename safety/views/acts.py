"""Sending a report, recording that it went out, confirming a receipt; an event of a reaction."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from safety.forms import OutsideForm, ReceiptForm, SubmitForm
from safety.models import Submission
from safety.selectors.cases import held, sponsor_zone
from safety.services import reports
from safety.services.reactions import make_event_of
from safety.views.case import draw
from safety.views.frame import case_or_404
from trial.access.exceptions import Refused
from trial.access.http import AuthenticatedHttpRequest, actor, require
from trial.access.policy import sites_for
from trial.access.refusals import show_refusal
from trial.access.roles import Permission
from trial.protocol.safety import Party
from visits.models import InfusionReaction


@require_POST
@require(Permission.VISIT_RECORD)
def submit(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Send the site's report to the sponsor."""
    case = case_or_404(request, pk, Permission.VISIT_RECORD)
    by = actor(request, Permission.VISIT_RECORD, case.participant.site)
    form = SubmitForm(request.POST)
    if form.is_valid():
        try:
            sent = reports.submit(case=case, by=by, news=form.cleaned_data["news"])
        except Refused as refused:
            show_refusal(form, refused)
        else:
            words = {"report": sent.get_report_display()}
            messages.success(request, _("Sent: %(report)s.") % words)
            return redirect("safety:case", pk)
    (found,) = held([case])
    return draw(request, found, submit=form, status=422)


@require_POST
@require(Permission.SAFETY_ASSESS)
def outside(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Record that reports went to authority or ethics committee."""
    case = case_or_404(request, pk, Permission.SAFETY_ASSESS)
    by = actor(request, Permission.SAFETY_ASSESS, case.participant.site)
    (found,) = held([case])
    clocks = [one for one in found.standing.clocks if one.due.sender is Party.SPONSOR]
    form = OutsideForm(clocks, sponsor_zone(), request.POST)
    if form.is_valid():
        try:
            said = form.outside(timezone.now())
            reports.record_outside(case=case, outside=said, by=by)
        except Refused as refused:
            show_refusal(form, refused)
        else:
            messages.success(request, _("Recorded."))
            return redirect("safety:case", pk)
    return draw(request, found, outside=form, status=422)


@require_POST
@require(Permission.SAFETY_ASSESS)
def acknowledge(request: AuthenticatedHttpRequest, pk: int, submission: int) -> HttpResponse:
    """Confirm the receipt of a report."""
    case = case_or_404(request, pk, Permission.SAFETY_ASSESS)
    sent = get_object_or_404(Submission.objects.select_related("case__participant__site"),
                             pk=submission, case=case)  # fmt: skip
    by = actor(request, Permission.SAFETY_ASSESS, case.participant.site)
    form = ReceiptForm(sponsor_zone(), request.POST)
    if form.is_valid():
        try:
            reports.acknowledge(
                submission=sent, by=by, at=form.cleaned_data["acknowledged_at"],
                reference=form.cleaned_data["reference"],
            )  # fmt: skip
        except Refused as refused:
            show_refusal(form, refused)
        else:
            messages.success(request, _("Receipt confirmed."))
            return redirect("safety:case", pk)
    (found,) = held([case])
    return draw(request, found, receipt=form, of=sent.pk, status=422)


@require_POST
@require(Permission.VISIT_RECORD)
def event_of_reaction(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Open a line of the adverse events with what the checklist of the infusion says."""
    scope = sites_for(request.user, Permission.VISIT_RECORD)
    rows = InfusionReaction.objects.select_related("infusion__visit__participant__site")
    if not scope.everywhere:
        rows = rows.filter(infusion__visit__participant__site__in=scope.ids)
    reaction = get_object_or_404(rows, pk=pk)
    person = reaction.infusion.visit.participant
    by = actor(request, Permission.VISIT_RECORD, person.site)
    try:
        number = make_event_of(reaction=reaction, by=by)
    except Refused as refused:
        for texts in refused.errors.values():
            messages.error(request, " ".join(str(text) for text in texts))
        return redirect("crf:lines", person.code, "adverse_event")
    messages.success(request, _("The line is opened with what the checklist says. Complete it."))
    return redirect("crf:sheet", person.code, "adverse_event", str(number))
