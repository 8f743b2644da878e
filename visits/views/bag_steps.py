"""What people at a site do with a bag: receive, issue, verify, give back, discard."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from trial.access.clients import address_of
from trial.access.exceptions import Refused
from trial.access.http import AuthenticatedHttpRequest, actor, require
from trial.access.refusals import show_refusal
from trial.access.roles import Permission
from trial.audit.context import Actor
from trial.audit.records import Place
from trial.quality.selectors.holds import require_open
from visits.custody import Event, State
from visits.models import Bag
from visits.places import place_of_bag
from visits.product_forms import AwayForm, IssueForm, ReceiveForm, VerifyForm
from visits.selectors import product as selectors
from visits.selectors.visits import visit_name
from visits.services import handling
from visits.services.bags import WORDS
from visits.views.bags import bag_or_404

HANDLE = Permission.PRODUCT_HANDLE


@require_http_methods(["GET", "POST"])
@require(HANDLE)
def receive(request: AuthenticatedHttpRequest, number: int) -> HttpResponse:
    """Take a shipment into stock, all of it or some bags."""
    shipment = selectors.shipments_of(request.user).filter(number=number).first()
    if shipment is None:
        raise Http404
    by = actor(request, HANDLE, shipment.site)
    require_open(Place(shipment.site_id))
    waiting = list(shipment.bags.filter(state=State.SHIPPED))
    form = ReceiveForm(waiting, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            moved = handling.receive(shipment=shipment, bags=form.ids, arrival=form.arrival, by=by)
        except Refused as refused:
            return _again(request, "receive", form, refused, shipment=shipment, waiting=waiting)
        _say_received(request, moved)
        return redirect("bags:stock")
    return _page(request, "receive", form, shipment=shipment, waiting=waiting)


def _say_received(request: AuthenticatedHttpRequest, moved: list[Bag]) -> None:
    messages.success(request, _("%(count)s bags are in stock.") % {"count": len(moved)})
    if any(bag.excursion_open for bag in moved):
        text = _("They arrived outside their storage limits: none may be used until it is judged.")
        messages.warning(request, text)


@require_http_methods(["GET", "POST"])
@require(HANDLE)
def issue(request: AuthenticatedHttpRequest, number: str) -> HttpResponse:
    """Hand a reserved bag out, checked by two people."""
    bag = bag_or_404(request, number)
    by = actor(request, HANDLE, bag.site)
    require_open(place_of_bag(bag))
    form = IssueForm(bag, request.POST if request.method == "POST" else None)

    def act() -> None:
        handling.issue(
            bag=bag, identity=form.identity, witness=form.witness(address_of(request)), by=by
        )

    return _two_people(request, Event.ISSUE, bag, form, act, _("Bag %s is issued."))


@require_http_methods(["GET", "POST"])
@require(HANDLE)
def verify(request: AuthenticatedHttpRequest, number: str) -> HttpResponse:
    """Confirm at the bedside that this bag is for this person."""
    bag = bag_or_404(request, number)
    by = actor(request, HANDLE, bag.site)
    require_open(place_of_bag(bag))
    form = VerifyForm(bag, request.POST if request.method == "POST" else None)

    def act() -> None:
        handling.verify(
            bag=bag, identity=form.identity, witness=form.witness(address_of(request)), by=by
        )

    return _two_people(request, Event.VERIFY, bag, form, act, _("Bag %s is verified."))


def _two_people(
    request: AuthenticatedHttpRequest,
    event: Event,
    bag: Bag,
    form: IssueForm | VerifyForm,
    act: Callable[[], None],
    done: str,
) -> HttpResponse:
    why = next((one.why for one in selectors.possible(bag) if one.event is event), None)
    known: dict[str, Any] = {
        "bag": bag,
        "event": event.value,
        "against": WORDS[why] % bag.shown if why else "",
        "visit_name": visit_name(bag.visit) if bag.visit else "",
    }
    if form.is_valid():
        try:
            act()
        except Refused as refused:
            return _again(request, "two_people", form, refused, **known)
        messages.success(request, done % bag.shown)
        to_infusion = event is Event.VERIFY and bag.visit_id is not None
        return redirect("bags:infusion" if to_infusion else "bags:bag", bag.number)
    return _page(request, "two_people", form, **known)


@require_http_methods(["GET", "POST"])
@require(HANDLE)
def give_back(request: AuthenticatedHttpRequest, number: str) -> HttpResponse:
    """Send a bag back, with the reason."""
    return _away(request, number, Event.RETURN, handling.give_back, _("Bag %s is given back."))


@require_http_methods(["GET", "POST"])
@require(HANDLE)
def waste(request: AuthenticatedHttpRequest, number: str) -> HttpResponse:
    """Discard a bag, with the reason."""
    return _away(request, number, Event.WASTE, handling.waste, _("Bag %s is discarded."))


def _away(
    request: AuthenticatedHttpRequest,
    number: str,
    event: Event,
    service: Callable[..., Bag],
    done: str,
) -> HttpResponse:
    bag = bag_or_404(request, number)
    by: Actor = actor(request, HANDLE, bag.site)
    require_open(place_of_bag(bag))
    form = AwayForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            service(bag=bag, reason=form.cleaned_data["reason"], by=by)
        except Refused as refused:
            return _again(request, "away", form, refused, bag=bag, event=event.value)
        messages.success(request, done % bag.shown)
        return redirect("bags:bag", bag.number)
    return _page(request, "away", form, bag=bag, event=event.value)


def _again(
    request: AuthenticatedHttpRequest, page: str, form: forms.Form, refused: Refused, **more: Any
) -> HttpResponse:
    """The page with what was typed and why it was refused; a password is typed anew."""
    show_refusal(form, refused)
    return _page(request, page, form, refused.page_status, **more)


def _page(
    request: AuthenticatedHttpRequest, page: str, form: forms.Form, /, status: int = 0, **more: Any
) -> HttpResponse:
    code = status or (422 if form.errors else 200)
    return render(request, f"product/{page}.html", {"form": form, **more}, status=code)
