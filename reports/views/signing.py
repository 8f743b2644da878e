"""Signing one visit or casebook, with the whole record before the signer; and a signature."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from patients.models import Participant
from patients.views.frame import participant_or_404
from reports.presenters import signing as presenter
from reports.selectors.readiness import texts
from reports.services.signing import request_casebook, request_visit
from trial.access.clients import address_of
from trial.access.exceptions import Refused
from trial.access.http import AuthenticatedHttpRequest, actor, require
from trial.access.policy import Denied
from trial.access.refusals import show_refusal
from trial.access.roles import Permission
from trial.audit.context import Actor
from trial.signing import content, sessions
from trial.signing.forms import SignForm
from trial.signing.models import MEANING_OF, Signature
from trial.signing.rules import Obstacle, blocking
from trial.signing.selectors import signatures_of, state_of
from trial.signing.services import Request, sign
from trial.signing.signers import may_sign
from visits.models import Visit


@dataclass(frozen=True, slots=True)
class Paper:
    """What lies before the signer."""

    participant: Participant
    title: str
    request: Callable[[str, bool], Request]
    signature: Signature | None
    signed: str


@require_http_methods(["GET", "POST"])
@require(Permission.SIGN)
def visit(request: AuthenticatedHttpRequest, code: str, label: str) -> HttpResponse:
    """Read a visit whole, and sign it."""
    person = participant_or_404(request, code)
    by = actor_at(request, person)
    found = visit_or_404(person, label)
    signed = signatures_of([person.pk])
    paper = Paper(
        person,
        presenter.title_of(person, found.label),
        lambda shown, confirmed: request_visit(found, shown=shown, confirmed=confirmed),
        signed.of_visit.get(found.pk),
        signed.visit(found.pk),
    )
    return _paper(request, paper, by)


@require_http_methods(["GET", "POST"])
@require(Permission.SIGN)
def casebook(request: AuthenticatedHttpRequest, code: str) -> HttpResponse:
    """Read a casebook whole, and sign it."""
    person = participant_or_404(request, code)
    by = actor_at(request, person)
    signed = signatures_of([person.pk])
    paper = Paper(
        person,
        presenter.title_of(person),
        lambda shown, confirmed: request_casebook(person, shown=shown, confirmed=confirmed),
        signed.of_casebook.get(person.pk),
        signed.casebook(person.pk),
    )
    return _paper(request, paper, by)


def actor_at(request: AuthenticatedHttpRequest, person: Participant) -> Actor:
    """The signer as the trail names them. Raises PermissionDenied at another site."""
    return actor(request, Permission.SIGN, person.site)


def visit_or_404(person: Participant, label: str) -> Visit:
    """The participant's visit by its label in an address: "W36", "UNS-2"."""
    for found in person.visits.all():
        if found.slug == label:
            found.participant = person
            return found
    raise Http404


def _paper(request: AuthenticatedHttpRequest, paper: Paper, by: Actor) -> HttpResponse:
    against = paper.request("", False).against()
    warned = len(blocking(against)) < len(against)
    needed = sessions.components(request.session, request.user.pk)
    form = SignForm(needed, request.POST or None, warned=warned)
    if not form.is_valid():
        return _draw(request, paper, against, form)
    data = form.cleaned_data
    try:
        (outcome,) = sign(
            requests=[paper.request(data["shown"], data.get("confirmed", False))],
            signer=request.user,
            username=data.get("username"),
            password=data["password"],
            components=needed,
            by=by,
            address=address_of(request),
        )
    except Refused as refused:
        return _draw(
            request, paper, against, proof_failed(request, refused, warned=warned), refused
        )
    sessions.note(request.session, request.user.pk)
    if outcome.refused is not None:
        show_refusal(form, outcome.refused)
    if outcome.signature is None:
        return _draw(request, paper, against, form, outcome.refused)
    messages.success(request, _("Signed."))
    return redirect("reports:signature", outcome.signature.pk)


def proof_failed(
    request: AuthenticatedHttpRequest, refused: Refused, *, warned: bool, many: bool = False
) -> SignForm:
    """The box after a proof that failed, with its message: it asks for both from now on."""
    sessions.forget(request.session)
    needed = sessions.components(request.session, request.user.pk)
    form = SignForm(needed, request.POST, warned=warned, many=many)
    form.is_valid()
    form.errors.clear()
    show_refusal(form, refused)
    return form


def _draw(
    request: AuthenticatedHttpRequest,
    paper: Paper,
    against: Sequence[Obstacle],
    form: SignForm,
    refused: Refused | None = None,
) -> HttpResponse:
    document = paper.request("", False).read()
    decision = may_sign(request.user, paper.participant.site)
    stopping = blocking(against)
    context = {
        "participant": paper.participant,
        "title": paper.title,
        "signature": paper.signature,
        "signed": paper.signed,
        "parts": presenter.parts(document),
        "stopping": texts(stopping),
        "warnings": texts(one for one in against if not one.blocks),
        "not_allowed": decision.reason if isinstance(decision, Denied) else "",
        "meaning": MEANING_OF[document.subject.scope].label,
        "form": form,
        "mark": document.mark,
    }
    status = refused.page_status if refused else 422 if form.errors else 200
    return render(request, "signing/paper.html", context, status=status)


@require_safe
@require(Permission.REPORT_VIEW)
def signature(request: AuthenticatedHttpRequest, signature_id: int) -> HttpResponse:
    """One signature with its name, time and meaning; the record is compared with it anew."""
    visible = Signature.objects.visible_to(request.user, Permission.REPORT_VIEW)
    found = get_object_or_404(visible.select_related("site"), pk=signature_id)
    state = state_of(found, content.signed(found).rows)
    lines, more = presenter.changes(found)
    context = {
        "signature": found,
        "signed": {"changed": "broken"}.get(state, state.value),
        "current": Signature.objects.current().filter(pk=found.pk).exists(),
        "lines": lines,
        "more": more,
    }
    return render(request, "signing/signature.html", context)
