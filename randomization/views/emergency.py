"""Emergency unblinding: the investigator asks, then sees one participant's arm, once.

Served by the process that has the sealed login. Asking and showing are two requests and two
transactions (ADR 14).
"""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from patients.models import Participant
from randomization.forms.unblinding import EmergencyForm, LearnedForm
from randomization.models import Kind, Unblinding
from randomization.sealed.reading import VALID_FOR, Asking, NotShown, read_arm, request_arm
from randomization.selectors import allocation_of
from randomization.views.frame import unblindable_or_404
from trial.access.clients import address_of
from trial.access.exceptions import Refused
from trial.access.http import AuthenticatedHttpRequest, actor, require
from trial.access.refusals import show_refusal
from trial.access.roles import Permission
from trial.protocol import registry
from trial.protocol.dosing import Arm


@require_http_methods(["GET", "POST"])
@require(Permission.UNBLIND)
def ask(request: AuthenticatedHttpRequest, code: str) -> HttpResponse:
    """What it means, why it is needed, and the proof of who asks."""
    person = unblindable_or_404(request, code)
    form = EmergencyForm(request.POST or None)
    status = 422 if form.errors else 200
    if form.is_valid():
        by = actor(request, Permission.UNBLIND, person.site)
        try:
            made = request_arm(participant=person, asking=_asking(request, form), by=by)
        except Refused as refused:
            show_refusal(form, refused)
            status = refused.page_status
        else:
            return redirect("unblinding:arm", person.code, made.pk)
    context = {
        "participant": person,
        "allocation": allocation_of(person),
        "form": form,
        "before": person.unblindings.all(),
    }
    return render(request, "unblinding/ask.html", context, status=status)


def _asking(request: AuthenticatedHttpRequest, form: EmergencyForm) -> Asking:
    return Asking(**form.cleaned_data, user=request.user, address=address_of(request))


@require_http_methods(["GET", "POST"])
@require(Permission.UNBLIND)
def arm(request: AuthenticatedHttpRequest, code: str, pk: int) -> HttpResponse:
    """GET: the request is recorded, and how long it is good for. POST: the arm, this once."""
    person = unblindable_or_404(request, code)
    found = get_object_or_404(
        Unblinding, pk=pk, participant=person, kind=Kind.EMERGENCY, requested_by_id=request.user.pk
    )
    if request.method != "POST":
        return _draw(request, person, found)
    by = actor(request, Permission.UNBLIND, person.site)
    arms = _arms()  # before the arm is read: it is shown once, whatever fails afterwards
    try:
        shown = read_arm(unblinding=found, by=by)
    except NotShown as refused:
        return _draw(request, person, found, refused)
    context = {
        "participant": person,
        "unblinding": found,
        "arm": arms[shown],
        "form": LearnedForm(),
    }
    return render(request, "unblinding/shown.html", context)


def _arms() -> dict[str, Arm]:
    """The arms by code, of every version of the protocol: whichever a list was made under."""
    return {one.code: one for number in registry.numbers() for one in registry.get(number).arms}


def _draw(
    request: AuthenticatedHttpRequest,
    person: Participant,
    found: Unblinding,
    refused: NotShown | None = None,
) -> HttpResponse:
    expires = found.requested_at + VALID_FOR
    context = {
        "participant": person,
        "unblinding": found,
        "expires": expires,
        "ready": found.read_at is None and timezone.now() < expires and refused is None,
        "refused": refused.errors[""][0] if refused else "",
    }
    return render(
        request, "unblinding/recorded.html", context, status=refused.page_status if refused else 200
    )
