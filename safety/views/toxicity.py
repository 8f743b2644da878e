"""Laboratory toxicity of a participant, liver safety over all, and the judgement of a signal."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from patients.models import Participant
from patients.views.frame import participant_or_404
from safety import liver_page, toxicity_page
from safety.liver_forms import JudgeForm
from safety.models import LiverSignal
from safety.selectors.courses import course_of
from safety.services.liver import judge as judge_signal
from trial.access.exceptions import Refused
from trial.access.http import AuthenticatedHttpRequest, actor, demand, require
from trial.access.refusals import show_refusal
from trial.access.roles import Permission


@require_safe
@require(Permission.LAB_VIEW)
def toxicity(request: AuthenticatedHttpRequest, code: str) -> HttpResponse:
    """Grades of every result, what stands beside them, and the participant's signals."""
    participant = participant_or_404(request, code)
    demand(request.user, Permission.LAB_VIEW, participant.site)
    return _draw(request, participant)


@require_POST
@require(Permission.SIGNAL_JUDGE)
def judge(request: AuthenticatedHttpRequest, code: str, signal: int) -> HttpResponse:
    """Record the investigator's judgement of a signal."""
    participant = participant_or_404(request, code)
    visible = LiverSignal.objects.visible_to(request.user, Permission.SIGNAL_JUDGE)
    found = get_object_or_404(visible, pk=signal, participant=participant)
    form = JudgeForm(found, request.POST)
    if not form.is_valid():
        return _draw(request, participant, form, 422)
    by = actor(request, Permission.SIGNAL_JUDGE, participant.site)
    try:
        judge_signal(signal=found, by=by, **form.cleaned_data)
    except Refused as refused:
        show_refusal(form, refused)
        return _draw(request, participant, form, refused.page_status)
    messages.success(request, _("The judgement is recorded."))
    return redirect("liver:toxicity", participant.code)


@require_safe
@require(Permission.LAB_VIEW)
def liver(request: AuthenticatedHttpRequest) -> HttpResponse:
    """The eDISH plot, the shifts and the signals of the sites that the user may see."""
    context = liver_page.page(request.user, request.GET.dict())
    return render(request, "safety/liver.html", context)


def _draw(
    request: AuthenticatedHttpRequest,
    participant: Participant,
    refused: JudgeForm | None = None,
    status: int = 200,
) -> HttpResponse:
    context = toxicity_page.page(course_of(participant), request.user, refused)
    return render(request, "safety/toxicity.html", context, status=status)
