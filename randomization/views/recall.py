"""Recall: from a lot or a donor to every bag and everybody who got one, on one page."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from randomization.forms.lots import RecallForm
from randomization.lot_pages import kind_of
from randomization.release import Disposition
from randomization.sealed import recalling
from randomization.sealed.disposing import NAMES
from randomization.sealed.recalling import Outcome, Scope
from randomization.views.product import (
    RIGHT,
    donor_or_404,
    lot_or_404,
    noted,
    page,
    pharmacist,
    signer,
)
from trial.access.exceptions import Refused
from trial.access.http import AuthenticatedHttpRequest, require
from trial.access.refusals import show_refusal


@require_http_methods(["GET", "POST"])
@require(RIGHT)
def of_lot(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """One lot: its bags, who got them; on POST it is recalled."""
    noted(request, f"recall of lot:{pk}")
    lot = lot_or_404(pk)
    return _recall(request, Scope(lot_id=pk), {"lot": lot, "title": lot.number})


@require_http_methods(["GET", "POST"])
@require(RIGHT)
def of_donor(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """All lots of a donor: their bags, who got them; on POST all of them are recalled."""
    noted(request, f"recall of donor:{pk}")
    donor = donor_or_404(pk)
    return _recall(request, Scope(donor_id=pk), {"donor": donor, "title": donor.code})


def _recall(
    request: AuthenticatedHttpRequest, scope: Scope, context: dict[str, Any]
) -> HttpResponse:
    form = RecallForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                outcome = recalling.recall(
                    scope=scope,
                    reason=form.cleaned_data["reason"],
                    signer=signer(request, form.cleaned_data),
                    by=pharmacist(request),
                )
            except Refused as refused:
                show_refusal(form, refused)
                status = refused.page_status
            else:
                _say(request, outcome)
                return redirect(request.path)
    traced = recalling.trace(scope)
    lots = [(lot, kind_of(lot), NAMES[Disposition(lot.disposition)]) for lot in traced.lots]
    shown = {"form": form, "traced": traced, "lots": lots, "scope": scope}
    return page(request, "recall", context | shown, status)


@require_POST
@require(RIGHT)
def withdraw_lot(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Withdraw the bags that an earlier recall of this lot had to leave."""
    lot_or_404(pk)
    _say(request, recalling.withdraw(scope=Scope(lot_id=pk), by=pharmacist(request)))
    return redirect("product:recall_lot", pk)


@require_POST
@require(RIGHT)
def withdraw_donor(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Withdraw the bags that an earlier recall of this donor's lots had to leave."""
    donor_or_404(pk)
    _say(request, recalling.withdraw(scope=Scope(donor_id=pk), by=pharmacist(request)))
    return redirect("product:recall_donor", pk)


def _say(request: AuthenticatedHttpRequest, outcome: Outcome) -> None:
    words = {"bags": outcome.withdrawn, "sites": len(outcome.told)}
    messages.success(
        request, _("Recalled. Bags withdrawn: %(bags)s. Sites told: %(sites)s.") % words
    )
    if outcome.held:
        bags = ", ".join(bag.shown for bag in outcome.held)
        text = _("Still in place, because they are held by a lock: %(bags)s.")
        messages.error(request, text % {"bags": bags})
    if outcome.unsent:
        messages.warning(
            request, _("Some sites could not be told by mail. The notice is in their inbox.")
        )
