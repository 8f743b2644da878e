"""Departures from the protocol that the facts show: for the study, and saying that one is none."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from patients.views.frame import participant_or_404
from reports.presenters import deviations as presenter
from reports.selectors.deviations import Detecting
from trial.access.exceptions import Refused
from trial.access.http import AuthenticatedHttpRequest, actor, require
from trial.access.roles import Permission
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
    name = request.POST.get("finding", "")
    try:
        if name not in {one.name for one in Detecting([person]).of(person)}:
            raise Refused({"": [_("This is not found any more.")]})
        reason = request.POST.get("reason", "")
        findings.dismiss(participant=person, finding=name, reason=reason, by=by)
        messages.success(request, _("It is kept as no deviation, with your reason."))
    except Refused as refused:
        for texts in refused.errors.values():
            messages.error(request, str(texts[0]))
    return redirect("crf:lines", code, "deviation")
