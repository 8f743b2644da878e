"""The planned unblinding at the end of the study: asked for by one, agreed to by another."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from randomization.forms.unblinding import WhyForm
from randomization.models import Kind, Unblinding
from randomization.selectors import planned_unblinding
from randomization.services.unblinding import approve_for_study, ask_for_study
from trial.access.exceptions import Refused
from trial.access.http import AuthenticatedHttpRequest, actor, require
from trial.access.policy import can
from trial.access.refusals import show_refusal
from trial.access.roles import Permission
from trial.web.sealed import sealed_address


@require_http_methods(["GET", "POST"])
@require(Permission.UNBLIND_STUDY)
def study(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Where the planned unblinding stands; asking for it."""
    form = WhyForm(request.POST or None)
    if form.is_valid():
        by = actor(request, Permission.UNBLIND_STUDY)
        try:
            ask_for_study(reason=form.cleaned_data["reason"], by=by)
        except Refused as refused:
            show_refusal(form, refused)
        else:
            messages.success(request, _("Asked for. A second person decides."))
            return redirect("randomization:study_unblinding")
    return _draw(request, form)


@require_POST
@require(Permission.UNBLIND_STUDY)
def approve(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Agree as the second person."""
    found = get_object_or_404(Unblinding, pk=pk, kind=Kind.PLANNED)
    form = WhyForm()
    try:
        approve_for_study(unblinding=found, by=actor(request, Permission.UNBLIND_STUDY))
    except Refused as refused:
        for message in refused.errors[""]:
            messages.error(request, str(message))
        return _draw(request, form, status=refused.page_status)
    messages.success(request, _("Agreed. The statistician can take out the arms."))
    return redirect("randomization:study_unblinding")


def _draw(request: AuthenticatedHttpRequest, form: WhyForm, status: int = 200) -> HttpResponse:
    standing = planned_unblinding()
    opens = can(request.user, Permission.SEALED_LIST)
    context = {
        "form": form,
        "standing": standing,
        "mine": standing.waiting and standing.waiting.requested_by_id == request.user.pk,
        "arms_url": sealed_address("unblinding:everybody") if opens else "",
        "indices_url": sealed_address("unblinding:indices") if opens else "",
    }
    return render(request, "unblinding/study.html", context, status=422 if form.errors else status)
