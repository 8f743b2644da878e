"""Randomising a participant: a last look at what decides, a signature, a number and bags."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from patients.models import Participant
from patients.selectors import eligibility_of
from patients.views.frame import participant_or_404
from randomization.readiness import blocking
from randomization.selectors import allocation_of, candidate, true_stratum
from randomization.services.allocating import Proof, randomise, subject_of
from randomization.wording import AGAINST
from trial.access import policy
from trial.access.clients import address_of
from trial.access.exceptions import Refused
from trial.access.http import AuthenticatedHttpRequest, actor, require
from trial.access.roles import Permission
from trial.signing import content, sessions
from trial.signing.forms import SignForm
from trial.signing.models import MEANING_OF, Scope
from trial.signing.signers import may_sign
from visits.models import Bag
from visits.selectors import visits


@require_http_methods(["GET", "POST"])
@require(Permission.RANDOMISE)
def sign(request: AuthenticatedHttpRequest, code: str) -> HttpResponse:
    """Show what the allocation will rest on; randomise on the investigator's signature."""
    person = participant_or_404(request, code)
    by = actor(request, Permission.RANDOMISE, person.site)
    found = candidate(person)
    warned = len(blocking(found.reasons)) < len(found.reasons)
    components = sessions.components(request.session, request.user.pk)
    form = SignForm(components, request.POST or None, warned=warned)
    if not form.is_valid():
        return _draw(request, person, form)
    try:
        _allocation, before = randomise(participant=person, proof=_proof(request, form), by=by)
    except Refused as refused:
        return _draw(request, person, _told(request, form, refused), refused.page_status)
    if not before:  # what was there before is shown again without a proof
        sessions.note(request.session, request.user.pk)
        messages.success(request, _("Randomised."))
    return redirect("randomization:allocation", person.code)


def _proof(request: AuthenticatedHttpRequest, form: SignForm) -> Proof:
    data = form.cleaned_data
    return Proof(
        signer=request.user,
        username=data.get("username"),
        password=data["password"],
        components=sessions.components(request.session, request.user.pk),
        shown=data["shown"],
        confirmed=data.get("confirmed", False),
        address=address_of(request),
    )


def _told(request: AuthenticatedHttpRequest, form: SignForm, refused: Refused) -> SignForm:
    """The form again, with the reason; after a wrong proof both components are asked for."""
    if {"username", "password"} & set(refused.errors):
        sessions.forget(request.session)
        components = sessions.components(request.session, request.user.pk)
        form = SignForm(components, request.POST, warned="confirmed" in form.fields)
        form.is_valid()
        form.errors.clear()
    for field, found in refused.errors.items():
        form.add_error(field if field in form.fields else None, [str(one) for one in found])
    return form


def _draw(
    request: AuthenticatedHttpRequest, person: Participant, form: SignForm, status: int = 200
) -> HttpResponse:
    found = candidate(person)
    stopping = blocking(found.reasons)
    decision = may_sign(request.user, person.site)
    context = {
        "participant": person,
        "candidate": found,
        "eligibility": eligibility_of(person),
        "consents": list(person.consents.all()),
        "stopping": [AGAINST[reason] for reason in stopping],
        "warnings": [AGAINST[reason] for reason in found.reasons if reason not in stopping],
        "not_allowed": decision.reason if isinstance(decision, policy.Denied) else "",
        "meaning": MEANING_OF[Scope.ALLOCATION].label,
        "mark": content.read(subject_of(person)).mark,
        "form": form,
    }
    status = 422 if form.is_bound and status == 200 else status
    return render(request, "randomization/randomise.html", context, status=status)


@require_GET
@require(Permission.PARTICIPANT_VIEW)
def allocation(request: AuthenticatedHttpRequest, code: str) -> HttpResponse:
    """The participant's number and bags, with all visit dates, to print; never an arm."""
    person = participant_or_404(request, code)
    found = allocation_of(person)
    context = {
        "participant": person,
        "allocation": found,
        "true_stratum": true_stratum(found) if found else "",
        "bags": Bag.objects.filter(reserved_for=person).select_related("visit", "shipment"),
        "rows": [row for row in visits.visit_rows(person) if row.visit.target_on],
        "may_randomise": policy.can(request.user, Permission.RANDOMISE, person.site_id),
    }
    return render(request, "randomization/allocation.html", context)
