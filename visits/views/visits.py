"""One participant's visits, and recording what became of each."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from patients.models import Status as ParticipantStatus
from patients.places import place_of as place_of_participant
from patients.views.frame import Rights, participant_or_404
from trial.access import policy
from trial.access.exceptions import Conflict, Refused
from trial.access.http import AuthenticatedHttpRequest, actor, require
from trial.access.refusals import show_refusal
from trial.access.roles import Permission
from trial.quality.selectors.asked import asked_over, of_visit, reason_from
from trial.quality.selectors.holds import require_open, standing_over
from trial.quality.selectors.marks import marks_from, marks_of
from trial.signing.selectors import signatures_of
from visits.forms import HeldForm, MissedForm, UnscheduledForm
from visits.models import Status, Visit
from visits.places import place_of
from visits.selectors import visits as selectors
from visits.selectors.product import gives_product, product_of
from visits.services import schedule


@require_GET
@require(Permission.PARTICIPANT_VIEW)
def listing(request: AuthenticatedHttpRequest, code: str) -> HttpResponse:
    """Every visit of a participant: planned, held and missed."""
    participant = participant_or_404(request, code)
    held, signed = standing_over([participant.pk]), signatures_of([participant.pk])
    site_id = participant.site_id
    context = {
        "participant": participant,
        "lines": [
            (row, held.over(site_id, participant.pk, row.visit.pk), signed.visit(row.visit.pk))
            for row in selectors.visit_rows(participant)
        ],
        "marks": marks_from(place_of_participant(participant), request.user, held, signed),
        "rights": Rights.of(request, participant),
        "may_see_labs": policy.can(request.user, Permission.LAB_VIEW),
        "product": product_of(request.user, participant),
        "enrolled": participant.status == ParticipantStatus.ENROLLED,
        "failed": participant.status == ParticipantStatus.SCREEN_FAILED,
    }
    return render(request, "visits/list.html", context)


@require_GET
@require(Permission.PARTICIPANT_VIEW)
def detail(request: AuthenticatedHttpRequest, code: str, label: str) -> HttpResponse:
    """One visit, with the forms that record what became of it."""
    return _draw(request, visit_or_404(request, code, label))


@require_POST
@require(Permission.VISIT_RECORD)
def hold(request: AuthenticatedHttpRequest, code: str, label: str) -> HttpResponse:
    """Record, or correct, the day on which a visit took place."""
    visit = visit_or_404(request, code, label)
    by = actor(request, Permission.VISIT_RECORD, visit.participant.site)
    require_open(place_of(visit, "visit"))
    form = HeldForm(request.POST)
    if not form.is_valid():
        return _draw(request, visit, held_form=form)
    try:
        schedule.hold(visit=visit, by=by, **form.cleaned_data)
    except Refused as refused:
        show_refusal(form, refused)
        return _draw(request, visit, held_form=form, refused=refused)
    messages.success(request, _("The visit is recorded."))
    return redirect("visits:list", code)


@require_POST
@require(Permission.VISIT_RECORD)
def miss(request: AuthenticatedHttpRequest, code: str, label: str) -> HttpResponse:
    """Record that a visit did not take place."""
    visit = visit_or_404(request, code, label)
    by = actor(request, Permission.VISIT_RECORD, visit.participant.site)
    require_open(place_of(visit, "visit"))
    form = MissedForm(request.POST, prefix="missed")
    if not form.is_valid():
        return _draw(request, visit, missed_form=form)
    try:
        schedule.miss(visit=visit, by=by, **form.cleaned_data)
    except Refused as refused:
        show_refusal(form, refused)
        return _draw(request, visit, missed_form=form, refused=refused)
    messages.success(request, _("The visit is recorded as missed."))
    return redirect("visits:list", code)


@require_http_methods(["GET", "POST"])
@require(Permission.VISIT_RECORD)
def unscheduled(request: AuthenticatedHttpRequest, code: str) -> HttpResponse:
    """Add a visit that the schedule does not know."""
    participant = participant_or_404(request, code)
    by = actor(request, Permission.VISIT_RECORD, participant.site)
    require_open(place_of_participant(participant))
    form = UnscheduledForm(request.POST or None)
    if form.is_valid():
        try:
            visit = schedule.add_unscheduled(participant=participant, by=by, **form.cleaned_data)
        except Refused as refused:
            show_refusal(form, refused)
        else:
            messages.success(request, _("%s is added.") % visit.label)
            return redirect("visits:list", code)
    context = {"participant": participant, "form": form}
    return render(request, "visits/unscheduled.html", context, status=422 if form.errors else 200)


def visit_or_404(request: AuthenticatedHttpRequest, code: str, label: str) -> Visit:
    """The visit of a participant the user may see, by its label: "W36", "UNS-2"."""
    participant = participant_or_404(request, code)
    name, _dash, number = label.partition("-")
    if not label.isascii() or not label.isprintable() or (number and not number.isdecimal()):
        raise Http404
    visit = get_object_or_404(participant.visits, code=name, number=int(number[:4] or 0))
    visit.participant = participant
    return visit


def _draw(
    request: AuthenticatedHttpRequest,
    visit: Visit,
    *,
    held_form: HeldForm | None = None,
    missed_form: MissedForm | None = None,
    refused: Refused | None = None,
) -> HttpResponse:
    """The visit's page, with the one form that was just refused as it was typed."""
    participant = visit.participant
    user = request.user
    reason = reason_from(user, request.GET.get("query", ""), participant.pk)
    stored = {"version": visit.version, "held_on": visit.held_on, "reason": reason}
    expected = participant.status in selectors.EXPECTED
    state = selectors.standing(visit, participant.site.today(), expected=expected)
    wrong = held_form or missed_form
    context = {
        "participant": participant,
        "row": selectors.VisitRow(visit, selectors.visit_name(visit), state),
        "rights": Rights.of(request, participant),
        "marks": marks_of(place_of(visit, "visit"), request.user),
        "queries": asked_over(user, participant.site_id, of_visit(user, visit.pk)),
        "may_see_labs": policy.can(request.user, Permission.LAB_VIEW),
        "product": product_of(user, participant, visit) if gives_product(visit) else None,
        "may_miss": visit.status != Status.HELD,
        "held_form": held_form or HeldForm(initial=stored),
        "missed_form": missed_form or MissedForm(initial=stored, prefix="missed"),
        "wrong_form": wrong,
        "difference": refused.difference if isinstance(refused, Conflict) else [],
    }
    status = (refused.status if isinstance(refused, Conflict) else 422) if wrong else 200
    return render(request, "visits/visit.html", context, status=status)
