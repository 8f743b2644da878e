"""The screening board: consent, criteria, the decision, enrolment or the end of screening."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from patients import services
from patients.backing import backing_for
from patients.consents import must_consent_anew
from patients.forms import ConsentForm, CriteriaForm, EnrolmentForm, LeaveForm
from patients.models import Answer, Participant, Status
from patients.places import place_of
from patients.selectors import (
    SCORE,
    criteria_for,
    decision,
    eligibility_of,
    possible_ages,
    screening_protocol,
)
from patients.views.frame import Rights, participant_or_404
from trial.access.exceptions import Conflict, Refused
from trial.access.http import AuthenticatedHttpRequest, actor, require
from trial.access.refusals import show_refusal
from trial.access.roles import Permission
from trial.protocol.criteria import Criterion, Eligibility
from trial.protocol.version import ProtocolVersion
from trial.quality.selectors.asked import asked_over, of_participant, reason_from
from trial.quality.selectors.holds import require_open
from trial.quality.selectors.marks import marks_of


@require_GET
@require(Permission.REPORT_VIEW)
def board(request: AuthenticatedHttpRequest, code: str) -> HttpResponse:
    """Everything about one participant's screening."""
    return draw(request, participant_or_404(request, code))


@require_POST
@require(Permission.PARTICIPANT_SCREEN)
def consent(request: AuthenticatedHttpRequest, code: str) -> HttpResponse:
    """Record a signed consent."""
    participant = participant_or_404(request, code)
    by = actor(request, Permission.PARTICIPANT_SCREEN, participant.site)
    require_open(place_of(participant, "consent"))
    form = ConsentForm(participant.site, request.POST)
    if not form.is_valid():
        return draw(request, participant, consent_form=form)
    data = form.cleaned_data
    try:
        services.give_consent(
            participant=participant,
            form_version=data["form_version"],
            given_at=data["given_at"],
            by=by,
        )
    except Refused as refused:
        form.refuse(refused)
        return draw(request, participant, consent_form=form)
    messages.success(request, _("Consent recorded."))
    return redirect("patients:screening", participant.code)


@require_POST
@require(Permission.PARTICIPANT_SCREEN)
def criteria(request: AuthenticatedHttpRequest, code: str) -> HttpResponse:
    """Keep the answers to the criteria that the user has changed."""
    participant = participant_or_404(request, code)
    by = actor(request, Permission.PARTICIPANT_SCREEN, participant.site)
    require_open(place_of(participant, "eligibility"))
    form = _criteria_form(participant, request, backed=True)
    if not form.is_valid():
        return draw(request, participant, criteria_form=form)
    try:
        changed = services.answer_criteria(
            participant=participant,
            answers=form.changed(),
            seen={c.code: form.seen_entries().get(c.code) for c in form.criteria},
            reason=form.cleaned_data.get("reason", ""),
            by=by,
        )
    except Refused as refused:
        show_refusal(form, refused)
        return draw(request, participant, criteria_form=form, refused=refused)
    messages.success(request, _("Answers kept.") if changed else _("Nothing had changed."))
    return redirect("patients:screening", participant.code)


@require_POST
@require(Permission.PARTICIPANT_SCREEN)
def preview(request: AuthenticatedHttpRequest, code: str) -> HttpResponse:
    """The decision over the answers as they stand on the page; nothing is kept."""
    participant = participant_or_404(request, code)
    actor(request, Permission.PARTICIPANT_SCREEN, participant.site)
    form = _criteria_form(participant, request)
    form.is_valid()
    typed = form.typed()
    found = decision(
        participant,
        {criterion: entry.answer for criterion, entry in typed.items()},
        typed[SCORE].value if SCORE in typed else None,
        screening_protocol(participant),
    )
    panel = _decision(found, form.criteria, unsaved=bool(form.changed()))
    return render(request, "patients/_decision.html", {"decision": panel})


@require_POST
@require(Permission.PARTICIPANT_SCREEN)
def fail(request: AuthenticatedHttpRequest, code: str) -> HttpResponse:
    """End the screening of a participant who will not be enrolled."""
    participant = participant_or_404(request, code)
    by = actor(request, Permission.PARTICIPANT_SCREEN, participant.site)
    require_open(place_of(participant, "participant"))
    form = LeaveForm(request.POST, prefix="fail")
    if not form.is_valid():
        return draw(request, participant, fail_form=form)
    try:
        services.fail_screening(participant=participant, by=by, **form.cleaned_data)
    except Refused as refused:
        show_refusal(form, refused)
        return draw(request, participant, fail_form=form)
    messages.success(request, _("Recorded as a screening failure."))
    return redirect("patients:screening", participant.code)


def _criteria_form(
    participant: Participant,
    request: AuthenticatedHttpRequest | None = None,
    *,
    backed: bool = False,
    protocol: ProtocolVersion | None = None,
) -> CriteriaForm:
    """The form of the criteria; `backed`: with what the forms of the casebook say. `protocol`:
    that of screening, where it is known already."""
    protocol = protocol or screening_protocol(participant)
    answered = list(participant.criteria.all())
    stored = {
        row.criterion: services.CriterionEntry(Answer(row.answer), row.value) for row in answered
    }
    rows = {row.criterion: row.pk for row in answered}
    asked = criteria_for(participant, protocol)
    backing = backing_for(participant, protocol) if backed else None
    return CriteriaForm(asked, stored, request.POST if request else None, rows, backing)


def _decision(
    found: Eligibility, asked: Iterable[Criterion], *, unsaved: bool = False
) -> dict[str, Any]:
    """The decision for its panel: which criteria speak against, which are open."""
    texts = {criterion.code: criterion.text for criterion in asked}
    return {
        "eligible": found.eligible,
        "unmet": [(code, texts.get(code, "")) for code in found.unmet],
        "open": [(code, texts.get(code, "")) for code in found.open],
        "unsaved": unsaved,
    }


def _from_query(request: AuthenticatedHttpRequest) -> str:
    """The query that led here, for the forms that the board leads to: "?query=12"."""
    number = request.GET.get("query", "")
    return f"?query={number}" if number.isascii() and number.isdigit() else ""


def draw(
    request: AuthenticatedHttpRequest,
    participant: Participant,
    *,
    consent_form: ConsentForm | None = None,
    criteria_form: CriteriaForm | None = None,
    enrol_form: EnrolmentForm | None = None,
    fail_form: LeaveForm | None = None,
    refused: Refused | None = None,
) -> HttpResponse:
    """The board, with the one form that was just refused as it was typed."""
    today = participant.site.today()
    wrong = consent_form or criteria_form or enrol_form or fail_form
    user = request.user
    protocol, consents = screening_protocol(participant), list(participant.consents.all())
    answers = criteria_form or _criteria_form(participant, backed=True, protocol=protocol)
    asked = of_participant(user, participant.pk).filter(visit_id=None)
    if "query" in request.GET and answers.fields.get("reason"):
        reason = reason_from(user, request.GET["query"], participant.pk)
        answers.fields["reason"].initial = reason
    marks = marks_of(place_of(participant), request.user)
    context = {
        "participant": participant,
        "rights": Rights.of(request, participant, marks.held),
        "marks": marks,
        "queries": asked_over(user, participant.site_id, asked),
        "in_screening": participant.status == Status.SCREENING,
        "new": "new" in request.GET,
        "from_query": _from_query(request),
        "consents": consents,
        "anew": must_consent_anew(participant, consents),
        "ages": possible_ages(participant),
        "protocol": protocol,
        "decision": _decision(eligibility_of(participant), answers.criteria),
        "consent_form": consent_form or ConsentForm(participant.site),
        "criteria_form": answers,
        "enrol_form": enrol_form or EnrolmentForm(initial={"enrolled_on": today}),
        "fail_form": fail_form or LeaveForm(prefix="fail"),
        "wrong_form": wrong,
        "difference": refused.difference if isinstance(refused, Conflict) else [],
    }
    status = (refused.status if isinstance(refused, Conflict) else 422) if wrong else 200
    return render(request, "patients/screening.html", context, status=status)
