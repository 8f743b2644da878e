"""The list of participants, and opening a new one."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from patients.filters import ParticipantFilter
from patients.forms import ScreeningForm
from patients.models import Participant
from trial.access import policy
from trial.access.exceptions import Refused
from trial.access.http import AuthenticatedHttpRequest, actor, require
from trial.access.refusals import show_refusal
from trial.access.roles import Permission
from trial.access.selectors import sites_of
from visits.selectors import visits as selectors
from visits.services import schedule

PER_PAGE = 50


@require_GET
@require(Permission.PARTICIPANT_VIEW)
def listing(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Who takes part, with what comes next for each."""
    sites = sites_of(request.user, Permission.PARTICIPANT_VIEW)
    form = ParticipantFilter(sites, request.GET)
    choice = form.choice()
    found = choice.apply(Participant.objects.visible_to(request.user))
    ordered = selectors.sorted_by(
        selectors.with_next_visit(found), request.GET.get("sort", "")
    ).select_related("site")
    page = Paginator(ordered, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "choice": choice,
        "page": page,
        "rows": selectors.participant_rows(page.object_list),
        "may_screen": policy.can(request.user, Permission.PARTICIPANT_SCREEN),
        "may_view": policy.can(request.user, Permission.REPORT_VIEW),
    }
    return render(request, "visits/participants.html", context)


@require_http_methods(["GET", "POST"])
@require(Permission.PARTICIPANT_SCREEN)
def screen(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Open a participant under the next free code of a site."""
    sites = sites_of(request.user, Permission.PARTICIPANT_SCREEN)
    form = ScreeningForm(sites, request.POST or None)
    if form.is_valid():
        by = actor(request, Permission.PARTICIPANT_SCREEN, form.cleaned_data["site"])
        try:
            participant = schedule.start_screening(by=by, **form.screening())
        except Refused as refused:
            show_refusal(form, refused)
        else:
            return redirect(reverse("patients:screening", args=[participant.code]) + "?new=1")
    status = 422 if form.errors else 200
    return render(request, "visits/screen.html", {"form": form}, status=status)
