"""Donors: listed, added, corrected."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from randomization.forms.lots import DonorForm
from randomization.sealed import lots as services
from randomization.sealed.models import Donor
from randomization.views.product import RIGHT, donor_or_404, noted, page, pharmacist
from trial.access.exceptions import Refused
from trial.access.http import AuthenticatedHttpRequest, require
from trial.access.refusals import show_refusal

PAGE = 25


@require_safe
@require(RIGHT)
def listing(request: AuthenticatedHttpRequest) -> HttpResponse:
    """All donors, by code, with the number of their lots."""
    noted(request, "donors")
    rows = Donor.objects.annotate(lot_count=Count("lots")).order_by("code")
    found = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    return page(request, "donors", {"page": found})


@require_http_methods(["GET", "POST"])
@require(RIGHT)
def new(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Add a donor."""
    form = DonorForm(request.POST or None)
    if form.is_valid():
        try:
            services.record_donor(values=form.values, by=pharmacist(request))
        except Refused as refused:
            show_refusal(form, refused)
        else:
            messages.success(request, _("The donor is recorded."))
            return redirect("product:donors")
    return page(request, "donor", {"form": form, "donor": None}, 422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@require(RIGHT)
def edit(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Correct what is recorded of a donor, with a reason."""
    noted(request, f"donor:{pk}")
    donor = donor_or_404(pk)
    form = DonorForm(request.POST or None, donor=donor)
    if form.is_valid():
        try:
            services.correct_donor(
                donor=donor,
                values=form.values,
                version=form.cleaned_data["version"] or 0,
                reason=form.cleaned_data["reason"],
                by=pharmacist(request),
            )
        except Refused as refused:
            show_refusal(form, refused)
        else:
            messages.success(request, _("The donor is corrected."))
            return redirect("product:donors")
    return page(request, "donor", {"form": form, "donor": donor}, 422 if form.errors else 200)
