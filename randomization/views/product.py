"""What the pages of the cell laboratory share: who looks is noted, and where the clock stands."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render

from randomization.sealed.disposing import Signer
from randomization.sealed.models import Donor, Lot
from randomization.sealed.product import lots
from randomization.sealed.readings_product import note_reading
from trial.access.clients import address_of
from trial.access.http import AuthenticatedHttpRequest, actor
from trial.access.models import Site
from trial.access.policy import own_sites
from trial.access.roles import Permission
from trial.audit.context import Actor

RIGHT = Permission.SEALED_PRODUCT


def pharmacist(request: AuthenticatedHttpRequest, site: Site | None = None) -> Actor:
    """Who acts here."""
    return actor(request, RIGHT, site)


def noted(request: AuthenticatedHttpRequest, what: str) -> None:
    """Note, before anything sealed is read for the page, that the user is shown it (R-17)."""
    note_reading(what=what, by=pharmacist(request))


def lot_or_404(pk: int) -> Lot:
    """The lot with its donor."""
    found = lots().filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def donor_or_404(pk: int) -> Donor:
    found = Donor.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def zone_of(request: AuthenticatedHttpRequest) -> str:
    """The clock by which the user works: that of the own site, else UTC."""
    sites = own_sites(request.user)
    return sites[0].timezone if sites else "UTC"


def signer(request: AuthenticatedHttpRequest, data: Mapping[str, Any]) -> Signer:
    """Who signs, with what was typed to prove it."""
    return Signer(request.user, data["username"], data["password"], address_of(request))


def page(
    request: AuthenticatedHttpRequest, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """A page of the laboratory; nothing of it is kept by the browser."""
    answer = render(request, f"product/{template}.html", context, status=status)
    answer["Cache-Control"] = "no-store"
    return answer
