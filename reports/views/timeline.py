"""What happened to a participant when, on one axis."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from reports.selectors.course import course_of, participants
from reports.timeline.figure import Timeline
from trial.access.http import AuthenticatedHttpRequest, demand, require
from trial.access.roles import Permission
from trial.crf.selectors import facts_of
from visits.models import Infusion

VIEW = Permission.REPORT_VIEW


@require_safe
@require(VIEW)
def timeline(request: AuthenticatedHttpRequest, code: str) -> HttpResponse:
    """Visits, infusions, treatment, events and labs against study days."""
    participant = get_object_or_404(participants(request.user), code=code)
    demand(request.user, VIEW, participant.site)
    given = Infusion.objects.filter(visit__participant=participant).select_related("bag", "visit")
    figure = Timeline(
        course=course_of(participant),
        facts=facts_of([participant.pk])[participant.pk],
        infusions=list(given.order_by("started", "pk")),
    )
    context = {"participant": participant, "figure": figure, "options": figure.options()}
    return render(request, "paper/timeline.html", context)
