"""Comparing a visit's or a participant's forms with the source, and taking it back."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from patients.models import Participant
from patients.places import place_of
from patients.views.frame import participant_or_404
from reports.hold_forms import ReasonForm
from reports.presenters.verification import FORM_NAMES, blocks, counts_of
from reports.seen import mark, seen_in
from reports.verification_forms import chosen
from reports.views.signing import visit_or_404
from trial.access import policy
from trial.access.exceptions import Refused
from trial.access.http import AuthenticatedHttpRequest, actor, demand, require
from trial.access.roles import Permission
from trial.audit.records import Place
from trial.audit.watermark import watermark
from trial.quality.selectors.verification import items_of
from trial.quality.services import verifications as services
from trial.web.formats import localized
from visits.models import Visit
from visits.places import place_of as place_of_visit
from visits.selectors.visits import visit_name


@dataclass(frozen=True, slots=True)
class Desk:
    """Whose forms lie beside the source."""

    person: Participant
    visit: Visit | None

    @property
    def place(self) -> Place:
        return place_of_visit(self.visit) if self.visit else place_of(self.person)

    @property
    def url(self) -> str:
        if self.visit is None:
            return reverse("reports:verify_participant", args=[self.person.code])
        return reverse("reports:verify_visit", args=[self.person.code, self.visit.slug])

    @property
    def title(self) -> str:
        if self.visit is None:
            return _("Forms of the participant")
        return localized(visit_name(self.visit))


def desk_or_404(request: AuthenticatedHttpRequest, code: str, label: str) -> Desk:
    """A visit, or without a label a participant, of the user's; Http404 otherwise."""
    person = participant_or_404(request, code)
    if not policy.can(request.user, Permission.REPORT_VIEW, person.site):
        raise Http404
    return Desk(person, visit_or_404(person, label) if label else None)


@require_http_methods(["GET", "POST"])
@require(Permission.REPORT_VIEW)
def verify(request: AuthenticatedHttpRequest, code: str, label: str = "") -> HttpResponse:
    """Every value of the forms; on POST what was ticked is verified as it stood on the page."""
    if request.method == "POST":
        demand(request.user, Permission.SDV_PERFORM)
    desk = desk_or_404(request, code, label)
    if request.method != "POST":
        return _draw(request, desk)
    by = actor(request, Permission.SDV_PERFORM, desk.person.site)
    targets = chosen(desk.place, items_of(desk.place), request.POST)
    try:
        rows = services.verify(targets=targets, seen=seen_in(request.POST.get("seen", "")), by=by)
    except Refused as refused:
        return _draw(request, desk, refused)
    text = ngettext("Verified: %(count)s entry.", "Verified: %(count)s entries.", len(rows))
    messages.success(request, text % {"count": len(rows)})
    return redirect(desk.url)


@require_POST
@require(Permission.SDV_PERFORM)
def withdraw(
    request: AuthenticatedHttpRequest, code: str, form: str, label: str = ""
) -> HttpResponse:
    """Take back what was verified of a form, with a reason."""
    desk = desk_or_404(request, code, label)
    if form not in FORM_NAMES:
        raise Http404
    by = actor(request, Permission.SDV_PERFORM, desk.person.site)
    place = place_of_visit(desk.visit, form) if desk.visit else place_of(desk.person, form)
    given = ReasonForm(request.POST)
    try:
        reason = given.cleaned_data["reason"] if given.is_valid() else ""
        services.withdraw(place=place, reason=reason, by=by)
    except Refused as refused:
        return _draw(request, desk, refused, open_form=form)
    messages.success(request, _("Withdrawn. It is to be compared again."))
    return redirect(desk.url)


def _draw(
    request: AuthenticatedHttpRequest,
    desk: Desk,
    refused: Refused | None = None,
    open_form: str = "",
) -> HttpResponse:
    seen = watermark()  # before the values are read: what is changed in between is told
    found = blocks(desk.place)
    counts = counts_of([line.item for block in found for line in block.lines])
    context: dict[str, Any] = {
        "participant": desk.person,
        "visit": desk.visit,
        "title": desk.title,
        "here": desk.url,
        "blocks": found,
        "counts": counts,
        "left_hint": _("still to verify: %(count)s") % {"count": counts.left},
        "ticked": request.POST.getlist("item"),
        "ticked_forms": request.POST.getlist("form"),
        "may_verify": bool(policy.can(request.user, Permission.SDV_PERFORM, desk.person.site)),
        "problems": _problems(refused),
        "open_form": open_form,
        "reason": request.POST.get("reason", ""),
        "seen": mark(seen),
    }
    status = refused.page_status if refused else 200
    return render(request, "quality/verify.html", context, status=status)


def _problems(refused: Refused | None) -> list[str]:
    return [str(text) for found in (refused.errors if refused else {}).values() for text in found]
