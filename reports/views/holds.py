"""Freeze and lock: the study as a tree, what a hold would be over, placing and releasing it."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from patients.models import Participant
from patients.views.frame import participant_or_404
from reports.hold_forms import ReasonForm, Target
from reports.selectors import holds as selectors
from reports.selectors.readiness import missing, standing_of
from trial.access import policy
from trial.access.exceptions import Refused
from trial.access.http import AuthenticatedHttpRequest, actor, demand, require
from trial.access.models import Site
from trial.access.refusals import show_refusal
from trial.access.roles import Permission
from trial.access.selectors import sites_of
from trial.quality.exceptions import Locked, held_text
from trial.quality.models import Hold, Kind
from trial.quality.selectors.holds import standing_over
from trial.quality.services import holds as services

PAGE = 50
RIGHT_OF = {Kind.FREEZE.value: Permission.FREEZE, Kind.LOCK.value: Permission.LOCK}


@require_safe
@require(Permission.REPORT_VIEW)
def overview(request: AuthenticatedHttpRequest) -> HttpResponse:
    """The study, or with ?site= one site, or with ?participant= one participant."""
    context: dict[str, Any] = {"rights": _rights(request), "study": selectors.study_hold()}
    if "participant" in request.GET:
        person = participant_or_404(request, request.GET["participant"])
        return render(request, "quality/participant.html", context | _participant(person))
    if "site" in request.GET:
        site = _site(request)
        return render(request, "quality/site.html", context | _people(request, site))
    context["sites"] = selectors.sites(request.user)
    context["requested"] = page = _requested(request)
    context["asked"] = [(hold, Locked(hold).sentence) for hold in page]
    return render(request, "quality/holds.html", context)


def _rights(request: AuthenticatedHttpRequest) -> dict[str, bool]:
    """What the user may do here, for the buttons."""
    return {
        "freeze": bool(policy.can(request.user, Permission.FREEZE)),
        "lock": bool(policy.can(request.user, Permission.LOCK)),
    }


def _requested(request: AuthenticatedHttpRequest) -> Page[Hold]:
    return Paginator(selectors.requested(request.user), PAGE).get_page(request.GET.get("page"))


def _site(request: AuthenticatedHttpRequest) -> Site:
    for site in sites_of(request.user, Permission.REPORT_VIEW):
        if site.code == request.GET["site"]:
            return site
    raise Http404


def _people(request: AuthenticatedHttpRequest, site: Site) -> dict[str, Any]:
    rows = selectors.participants(request.user, site)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    held, standing = standing_over([p.pk for p in page.object_list]), standing_of(page.object_list)
    lines = [
        {
            "person": person,
            "hold": held.over(person.site_id, person.pk),
            "casebook": standing.signatures.casebook(person.pk),
            "held_visits": len(found := [v for v in standing.visits[person.pk] if v.held_on]),
            "signed": sum(standing.signatures.visit(one.id) == "intact" for one in found),
        }
        for person in page.object_list
    ]
    return {"site": site, "page": page, "lines": lines, "hold": held.over(site.pk, 0)}


def _participant(person: Participant) -> dict[str, Any]:
    held, standing = standing_over([person.pk]), standing_of([person])
    lines = [
        (row, held.over(row.site_id, person.pk, row.id), standing.signatures.visit(row.id))
        for row in standing.visits.get(person.pk, [])
    ]
    return {
        "participant": person,
        "lines": lines,
        "hold": held.over(person.site_id, person.pk),
        "casebook": standing.signatures.casebook(person.pk),
    }


@require_http_methods(["GET", "POST"])
@require(Permission.FREEZE)
def place(request: AuthenticatedHttpRequest) -> HttpResponse:
    """What the hold would be over and what is missing before it; on POST it is placed."""
    if not request.GET:
        return redirect("reports:holds")  # nothing is named: chosen in the tree
    target = Target(request.user, request.GET)
    demand(request.user, RIGHT_OF[target.kind])
    form = ReasonForm(request.POST or None)
    if not form.is_valid():
        return _preview(request, target, form)
    given = {
        "scope": target.scope,
        "place": target.place,
        "reason": form.cleaned_data["reason"],
        "by": actor(request, RIGHT_OF[target.kind]),
    }
    try:
        if target.kind == Kind.LOCK:
            hold = services.lock(missing=missing, **given)
        else:
            hold = services.freeze(**given)
    except Refused as refused:
        show_refusal(form, refused)
        return _preview(request, target, form)
    messages.success(request, _("Placed: nothing under it can be changed any more."))
    return redirect("reports:hold", hold.pk)


def _preview(request: AuthenticatedHttpRequest, target: Target, form: ReasonForm) -> HttpResponse:
    gaps = list(missing(target.scope, target.place)) if target.kind == Kind.LOCK else []
    planned = Hold(kind=target.kind, scope=target.scope, **_names(target))
    context = {
        "kind": target.kind,
        "what": held_text(planned),
        "extent": selectors.extent(target.scope, target.place),
        "gaps": Paginator(gaps, PAGE).get_page(request.GET.get("page")),
        "form": form,
        "back": reverse("reports:holds"),
    }
    status = 422 if form.errors else 200
    return render(request, "quality/place.html", context, status=status)


def _names(target: Target) -> dict[str, Any]:
    place = target.place
    return {
        "site_id": place.site_id or None,
        "participant_code": place.participant_code,
        "visit_label": place.visit_label,
    }


@require_safe
@require(Permission.REPORT_VIEW)
def detail(request: AuthenticatedHttpRequest, hold_id: int) -> HttpResponse:
    """One hold: who placed it, why, and how it is or was released."""
    return _detail(request, _hold(request, hold_id), ReasonForm())


def _hold(request: AuthenticatedHttpRequest, hold_id: int) -> Hold:
    visible = Hold.objects.visible_to(request.user).select_related("site")
    return get_object_or_404(visible, pk=hold_id)


def _detail(
    request: AuthenticatedHttpRequest, hold: Hold, form: ReasonForm, status: int = 200
) -> HttpResponse:
    mine = hold.requested_by == request.user.username
    context = {
        "hold": hold,
        "sentence": Locked(hold).sentence,
        "what": held_text(hold),
        "form": form,
        "may_release": policy.can(request.user, Permission.FREEZE),
        "may_request": policy.can(request.user, Permission.LOCK),
        "may_approve": policy.can(request.user, Permission.UNLOCK_APPROVE) and not mine,
        "mine": mine,
    }
    return render(request, "quality/hold.html", context, status=status)


Change = Callable[..., Hold]


def _change(
    request: AuthenticatedHttpRequest, hold_id: int, right: Permission, change: Change, done: str
) -> HttpResponse:
    """One of the services over a hold, with the reason that was typed."""
    hold = _hold(request, hold_id)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _detail(request, hold, form, 422)
    try:
        change(hold=hold, reason=form.cleaned_data["reason"], by=actor(request, right))
    except Refused as refused:
        show_refusal(form, refused)
        return _detail(request, _hold(request, hold_id), form, refused.page_status)
    messages.success(request, done)
    return redirect("reports:hold", hold.pk)


@require_POST
@require(Permission.FREEZE)
def release(request: AuthenticatedHttpRequest, hold_id: int) -> HttpResponse:
    """Release a freeze."""
    return _change(request, hold_id, Permission.FREEZE, services.release, _("Released."))


@require_POST
@require(Permission.LOCK)
def ask(request: AuthenticatedHttpRequest, hold_id: int) -> HttpResponse:
    """Ask for a lock to be released."""
    done = _("Asked. A second person decides.")
    return _change(request, hold_id, Permission.LOCK, services.request_unlock, done)


@require_POST
@require(Permission.UNLOCK_APPROVE)
def approve(request: AuthenticatedHttpRequest, hold_id: int) -> HttpResponse:
    """Agree that a lock is released."""
    right = Permission.UNLOCK_APPROVE
    return _change(request, hold_id, right, services.approve_unlock, _("Released."))


@require_POST
@require(Permission.UNLOCK_APPROVE)
def decline(request: AuthenticatedHttpRequest, hold_id: int) -> HttpResponse:
    """Keep a lock whose release was asked for."""
    right = Permission.UNLOCK_APPROVE
    return _change(request, hold_id, right, services.decline_unlock, _("The lock stays."))
