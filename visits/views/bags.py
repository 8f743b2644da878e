"""The stock of a site, one bag with its ledger, and the page that finds a bag by its number."""

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from trial.access import policy
from trial.access.http import AuthenticatedHttpRequest, require
from trial.access.roles import Permission
from trial.access.selectors import sites_of
from visits.custody import Event
from visits.models import Bag
from visits.models.product import EVENT_NAMES
from visits.product_forms import ScanForm, StockFilter
from visits.selectors import product as selectors
from visits.selectors.visits import visit_name
from visits.services.bags import WORDS

PER_PAGE = 50


def bag_or_404(
    request: AuthenticatedHttpRequest,
    number: str,
    permission: Permission = Permission.PRODUCT_VIEW,
) -> Bag:
    """The bag of this number; Http404 where there is none, or none that the user may see."""
    visible = Bag.objects.visible_to(request.user, permission)
    related = visible.select_related(
        "site", "shipment", "reserved_for__site", "visit__participant__site"
    )
    bag = related.filter(number=number).first()
    if bag is None:
        raise Http404
    return bag


@require_GET
@require(Permission.PRODUCT_VIEW)
def stock(request: AuthenticatedHttpRequest) -> HttpResponse:
    """The bags of the sites one works for, those that are still there first."""
    now = timezone.now()
    form = StockFilter(sites_of(request.user, Permission.PRODUCT_VIEW), request.GET)
    chosen = form.chosen()
    bags = selectors.stock(request.user)
    if chosen["site"]:
        bags = bags.filter(site=chosen["site"])
    counts = selectors.counts_of(bags, now)
    if chosen["state"]:
        bags = bags.filter(state=chosen["state"])
    if chosen["soon"]:
        bags = selectors.expiring(bags, now)
    page = Paginator(selectors.in_order(bags), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "active": sum(bool(value) for value in chosen.values()),
        "counts": counts,
        "page": page,
        "rows": selectors.rows_of(list(page.object_list), now),
        "shipments": selectors.shipments_on_the_way(request.user),
        "may_handle": policy.can(request.user, Permission.PRODUCT_HANDLE),
    }
    return render(request, "product/stock.html", context)


@require_GET
@require(Permission.PRODUCT_VIEW)
def scan(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Find a bag: a scanned or typed number leads to its page."""
    form = ScanForm(request.GET if "number" in request.GET else None)
    if form.is_valid():
        number = form.cleaned_data["number"]
        if Bag.objects.visible_to(request.user).filter(number=number).exists():
            return redirect("bags:bag", number)
        form.add_error("number", _("There is no such bag at your site."))
    return render(request, "product/scan.html", {"form": form}, status=422 if form.errors else 200)


@require_GET
@require(Permission.PRODUCT_VIEW)
def bag(request: AuthenticatedHttpRequest, number: str) -> HttpResponse:
    """One bag: where it is, what can be done with it, and its ledger."""
    return draw(request, bag_or_404(request, number))


def draw(request: AuthenticatedHttpRequest, found: Bag, status: int = 200) -> HttpResponse:
    """The page of a bag."""
    handle = policy.can(request.user, Permission.PRODUCT_HANDLE, found.site_id)
    (row,) = selectors.rows_of([found], timezone.now())
    acts = [
        (one.event.value, WORDS[one.why] % found.shown if one.why else "")
        for one in selectors.possible(found)
    ]
    context = {
        "bag": found,
        "row": row,
        "visit_name": visit_name(found.visit) if found.visit else "",
        "lines": [(EVENT_NAMES[Event(line.event)], line) for line in selectors.ledger(found)],
        "acts": dict(acts) if handle else {},
        "excursions": found.excursions.all(),
        "may_record": policy.can(request.user, Permission.REPORT_VIEW, found.site_id),
    }
    return render(request, "product/bag.html", context, status=status)
