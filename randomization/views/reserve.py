"""Reserving product for a later infusion of a randomised participant."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from patients.models import Participant
from patients.places import place_of
from patients.views.frame import participant_or_404
from randomization.services.allocating import reserve_more
from trial.access.exceptions import Refused
from trial.access.http import AuthenticatedHttpRequest, actor, require
from trial.access.roles import Permission
from trial.access.selectors import protocol_at
from trial.quality.selectors.holds import require_open
from visits.models import Visit


@require_POST
@require(Permission.PRODUCT_HANDLE)
def reserve(request: AuthenticatedHttpRequest, code: str, label: str) -> HttpResponse:
    """Reserve the bags of one infusion; asked again, nothing more is taken."""
    person = participant_or_404(request, code)
    by = actor(request, Permission.PRODUCT_HANDLE, person.site)
    require_open(place_of(person))
    visit = _visit(person, label)
    bags = protocol_at(person.site, person.site.today()).allocation.bags
    try:
        reserve_more(participant=person, visit=visit, bags=bags, by=by)
    except Refused as refused:
        for texts in refused.errors.values():
            messages.error(request, " ".join(str(text) for text in texts))
    else:
        messages.success(request, _("Product is reserved for %s.") % visit.label)
    return redirect("visits:visit", person.code, visit.slug)


def _visit(person: Participant, label: str) -> Visit:
    found = next((one for one in person.visits.all() if one.slug == label), None)
    if found is None:
        raise Http404
    found.participant = person
    return found
