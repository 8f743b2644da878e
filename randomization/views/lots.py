"""Lots: listed, recorded, tested, decided about."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from randomization.forms.lots import DispositionForm, LotForm, ResultsForm
from randomization.lot_pages import decisions, facts, limits, lines, of_kind
from randomization.release import Disposition, Verdict, following
from randomization.sealed import disposing
from randomization.sealed import lots as services
from randomization.sealed.disposing import MEANINGS, NAMES
from randomization.sealed.models import Lot, LotTest
from randomization.sealed.packing import USABLE
from randomization.sealed.product import Known, all_known, known, lots, tests_mark
from randomization.views.product import (
    RIGHT,
    lot_or_404,
    noted,
    page,
    pharmacist,
    signer,
    zone_of,
)
from trial.access.exceptions import Refused
from trial.access.http import AuthenticatedHttpRequest, require
from trial.access.refusals import show_refusal
from trial.protocol import registry

PAGE = 25


@require_safe
@require(RIGHT)
def listing(request: AuthenticatedHttpRequest) -> HttpResponse:
    """All lots with verdict and disposition; ?disposition= and ?q= narrow them down."""
    noted(request, "lots")
    wanted, text = request.GET.get("disposition", ""), request.GET.get("q", "").strip()
    rows = lots().annotate(bag_count=Count("bags")).order_by("-pk")
    if wanted in NAMES:
        rows = rows.filter(disposition=wanted)
    if text:
        rows = rows.filter(number__icontains=text.replace("\0", ""))
    found = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {
        "page": found,
        "rows": [of_kind(one) for one in all_known(found.object_list)],
        "names": NAMES.items(),
        "disposition": wanted,
        "q": text,
        "active": bool(wanted in NAMES) + bool(text),
        "zone": zone_of(request),
        "now": timezone.now(),
    }
    return page(request, "lots", context)


@require_http_methods(["GET", "POST"])
@require(RIGHT)
def new(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Record a lot; it is in quarantine then."""
    noted(request, "donors")
    form = _form(request, None)
    if form.is_valid():
        try:
            lot = services.record_lot(
                values=form.values, certificate=form.certificate, by=pharmacist(request)
            )
        except Refused as refused:
            show_refusal(form, refused)
        else:
            messages.success(request, _("The lot is recorded, in quarantine."))
            return redirect("product:lot", lot.pk)
    return page(request, "lot_form", {"form": form, "lot": None}, 422 if form.errors else 200)


def _form(request: AuthenticatedHttpRequest, lot: Lot | None) -> LotForm:
    posted = request.method == "POST"
    return LotForm(
        request.POST if posted else None,
        request.FILES if posted else None,
        arms=registry.latest().arms,
        zone=zone_of(request),
        lot=lot,
    )


@require_http_methods(["GET", "POST"])
@require(RIGHT)
def edit(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Correct a lot in quarantine, with a reason."""
    noted(request, f"lot:{pk}")
    lot = lot_or_404(pk)
    form = _form(request, lot)
    if form.is_valid():
        try:
            services.correct_lot(
                lot=lot,
                values=form.values,
                certificate=form.certificate,
                version=form.cleaned_data["version"] or 0,
                reason=form.cleaned_data["reason"],
                by=pharmacist(request),
            )
        except Refused as refused:
            show_refusal(form, refused)
        else:
            messages.success(request, _("The lot is corrected."))
            return redirect("product:lot", pk)
    return page(request, "lot_form", {"form": form, "lot": lot}, 422 if form.errors else 200)


@require_safe
@require(RIGHT)
def detail(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """One lot: its record, each test beside its limits, and what was decided."""
    noted(request, f"lot:{pk}")
    lot = known(lot_or_404(pk))
    zone = zone_of(request)
    context = _standing(lot) | {
        "facts": facts(lot.lot, zone),
        "decisions": decisions(lot, zone),
        "corrected": list(LotTest.objects.filter(lot=pk, number__gt=1).order_by("-id")[:PAGE]),
        "bag_count": lot.lot.bags.count(),
        "zone": zone,
    }
    return page(request, "lot", context)


def _standing(lot: Known) -> dict[str, Any]:
    state = Disposition(lot.lot.disposition)
    return {
        "lot": lot.lot,
        "known": lot,
        "lines": lines(lot),
        "state": state,
        "state_name": NAMES[state],
        "following": following(state),
        "in_quarantine": state is Disposition.QUARANTINE,
        "fails": lot.verdict is Verdict.FAIL and state in USABLE,
        "expired": lot.lot.expires_at <= timezone.now(),
    }


@require_http_methods(["GET", "POST"])
@require(RIGHT)
def results(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Type in the results of the tests; what changes a recorded one needs a reason."""
    noted(request, f"lot:{pk}")
    lot = known(lot_or_404(pk))
    days = {code: test.tested_on for code, test in lot.tests.items()}
    form = ResultsForm(
        request.POST or None, findings=lot.findings, days=days, mark=tests_mark(lot.tests)
    )
    status = 422 if form.errors else 200
    if form.is_valid():
        try:
            stored = services.record_tests(
                lot=lot.lot,
                results=form.results,
                reason=form.cleaned_data["reason"],
                shown=form.cleaned_data["shown"],
                by=pharmacist(request),
            )
        except Refused as refused:
            form.refuse(refused.errors)
            status = refused.page_status
        else:
            messages.success(request, _("Results stored: %(count)s.") % {"count": len(stored)})
            return redirect("product:lot", pk)
    rows = [(row, limits(row.finding.test)) for row in form.rows]
    context = {"form": form, "lot": lot.lot, "rows": rows}
    return page(request, "results", context, status)


@require_http_methods(["GET", "POST"])
@require(RIGHT)
def disposition(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Decide about a lot, with a signature."""
    noted(request, f"lot:{pk}")
    lot = known(lot_or_404(pk))
    before = Disposition(lot.lot.disposition)
    form = DispositionForm(request.POST or None, before=before, mark=lot.mark)
    status = 200
    if form.is_valid():
        try:
            disposing.dispose(
                lot=lot.lot,
                decision=form.decision,
                signer=signer(request, form.cleaned_data),
                by=pharmacist(request),
            )
        except Refused as refused:
            show_refusal(form, refused)
            status = refused.page_status
        else:
            messages.success(request, _("Signed."))
            return redirect("product:lot", pk)
    meanings = [(NAMES[one], MEANINGS[one]) for one in following(before)]
    context = _standing(lot) | {"form": form, "meanings": meanings}
    return page(request, "disposition", context, status if status > 200 or not form.errors else 422)
