"""Recording that somebody learned an arm by accident."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from randomization.forms.unblinding import InadvertentForm
from randomization.services.unblinding import record_inadvertent
from randomization.views.frame import unblindable_or_404
from trial.access.exceptions import Refused
from trial.access.http import AuthenticatedHttpRequest, actor, require
from trial.access.refusals import show_refusal
from trial.access.roles import Permission


@require_http_methods(["GET", "POST"])
@require(Permission.UNBLIND)
def record(request: AuthenticatedHttpRequest, code: str) -> HttpResponse:
    """How the arm became known and to whom; never which arm."""
    person = unblindable_or_404(request, code)
    form = InadvertentForm(request.POST or None)
    if form.is_valid():
        by = actor(request, Permission.UNBLIND, person.site)
        try:
            made = record_inadvertent(participant=person, incident=form.incident(), by=by)
        except Refused as refused:
            show_refusal(form, refused)
        else:
            messages.success(request, _("Recorded. Sponsor and safety officer are told."))
            return redirect("randomization:unblinding", made.pk)
    context = {"participant": person, "form": form}
    status = 422 if form.errors else 200
    return render(request, "unblinding/inadvertent.html", context, status=status)
