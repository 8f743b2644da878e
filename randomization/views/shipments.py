"""Shipments: packed, labelled, sent off, their temperature looked after."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from randomization import labels as printing
from randomization.forms.shipments import JudgeForm, LogForm, PackForm
from randomization.lot_pages import kind_of
from randomization.sealed.packing import pack
from randomization.sealed.parcels import contents, counted, episodes, labels, shipments
from randomization.sealed.product import for_packing
from randomization.views.product import RIGHT, noted, page, pharmacist
from trial.access.exceptions import Refused
from trial.access.http import AuthenticatedHttpRequest, require
from trial.access.refusals import show_refusal
from trial.access.selectors import sites_of
from visits.custody import Event, State
from visits.models import Excursion, Shipment
from visits.services import excursions
from visits.services.bags import Step, move

PAGE = 25
BAGS = 50
LOTS = 50


@require_safe
@require(RIGHT)
def listing(request: AuthenticatedHttpRequest) -> HttpResponse:
    """The shipments to the user's sites, newest first."""
    rows = counted(shipments(request.user))
    found = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    return page(request, "shipments", {"page": found})


@require_http_methods(["GET", "POST"])
@require(RIGHT)
def new(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Pack a shipment: a site, bags of each lot, and what is the same for all of them."""
    noted(request, "lots for packing")
    lots = list(for_packing(timezone.now()).order_by("expires_at")[:LOTS])
    form = PackForm(request.POST or None, sites=sites_of(request.user, RIGHT), lots=lots)
    if form.is_valid():
        parcel = form.parcel
        try:
            shipment = pack(parcel=parcel, by=pharmacist(request, parcel.site))
        except Refused as refused:
            show_refusal(form, refused)
        else:
            messages.success(request, _("Packed. Print the labels before you ship it."))
            return redirect("product:shipment", shipment.number)
    rows = [(lot, kind_of(lot), field) for lot, field in form.rows]
    return page(request, "pack", {"form": form, "rows": rows}, 422 if form.errors else 200)


def _shipment(request: AuthenticatedHttpRequest, number: int) -> Shipment:
    return get_object_or_404(shipments(request.user), number=number)


@require_safe
@require(RIGHT)
def detail(request: AuthenticatedHttpRequest, number: int) -> HttpResponse:
    """One shipment: what everybody sees of it, and what is in which bag."""
    shipment = _shipment(request, number)
    noted(request, f"shipment:{number}")
    return _detail(request, shipment)


def _detail(
    request: AuthenticatedHttpRequest,
    shipment: Shipment,
    log: LogForm | None = None,
    judging: JudgeForm | None = None,
    status: int = 200,
) -> HttpResponse:
    rows = shipment.bags.select_related("reserved_for", "visit").order_by("position")
    bags = Paginator(rows, BAGS).get_page(request.GET.get("page"))
    known = contents(bags.object_list)
    context = {
        "shipment": shipment,
        "page": bags,
        "rows": [(bag, lot := known[bag.pk], kind_of(lot)) for bag in bags],
        "waiting": shipment.bags.filter(state=State.RELEASED).count(),
        "logs": shipment.logs.order_by("-first_at")[:BAGS],
        "episodes": [(one, _judge_form(one, judging)) for one in episodes(shipment)],
        "log_form": log or LogForm(),
        "judging": judging,
    }
    return page(request, "shipment", context, status)


def _judge_form(one: Any, refused: JudgeForm | None) -> JudgeForm | None:
    """The form beside an excursion that is to be judged; one that was refused keeps its answers."""
    if one.judged_at is not None:
        return None
    began_at = one.began_at.isoformat()
    if refused is not None and refused.data.get("began_at") == began_at:
        return refused
    return JudgeForm(initial={"began_at": began_at, "source": one.source})


@require_safe
@require(RIGHT)
def label_sheet(request: AuthenticatedHttpRequest, number: int) -> HttpResponse:
    """The labels as PDF; what is in the bags is not read for it."""
    shipment = _shipment(request, number)
    with translation.override("en"):
        data = printing.sheet(labels(shipment), study=str(settings.STUDY_NAME))
    answer = HttpResponse(data, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="labels-{shipment}.pdf"'
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
@require(RIGHT)
def ship(request: AuthenticatedHttpRequest, number: int) -> HttpResponse:
    """Send off every bag of the shipment that is still here."""
    shipment = _shipment(request, number)
    waiting = shipment.bags.filter(state=State.RELEASED).values_list("pk", flat=True)
    bags = list(waiting)
    try:
        if not bags:
            raise Refused({"": [_("No bag of this shipment is waiting to be shipped.")]})
        move(bags=bags, step=Step(Event.SHIP), by=pharmacist(request, shipment.site))
    except Refused as refused:
        messages.error(request, " ".join(str(text) for text in refused.errors[""]))
    else:
        messages.success(request, _("On its way: %(count)s bags.") % {"count": len(bags)})
    return redirect("product:shipment", number)


@require_POST
@require(RIGHT)
def temperature(request: AuthenticatedHttpRequest, number: int) -> HttpResponse:
    """Take a logger's file; each stretch outside the limits becomes an excursion of every bag."""
    shipment = _shipment(request, number)
    form = LogForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            log = excursions.take_log(
                shipment=shipment,
                data=form.cleaned_data["file"],
                by=pharmacist(request, shipment.site),
            )
        except Refused as refused:
            show_refusal(form, refused)
        else:
            messages.success(request, _("Readings taken: %(count)s.") % {"count": log.readings})
            return redirect("product:shipment", number)
    noted(request, f"shipment:{number}")
    return _detail(request, shipment, log=form, status=422)


@require_POST
@require(RIGHT)
def judge(request: AuthenticatedHttpRequest, number: int) -> HttpResponse:
    """Judge one excursion, for all bags of the shipment alike."""
    shipment = _shipment(request, number)
    form = JudgeForm(request.POST)
    if form.is_valid():
        try:
            excursions.judge(
                shipment=shipment,
                stretch=form.stretch,
                verdict=Excursion.Verdict(form.cleaned_data["verdict"]),
                ground=Excursion.Ground(form.cleaned_data["ground"]),
                by=pharmacist(request, shipment.site),
            )
        except Refused as refused:
            show_refusal(form, refused)
        else:
            messages.success(request, _("The excursion is judged."))
            return redirect("product:shipment", number)
    noted(request, f"shipment:{number}")
    return _detail(request, shipment, judging=form, status=422)
