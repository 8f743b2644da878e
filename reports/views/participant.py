"""One participant's course at a glance."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from reports.presenters.participant import page
from reports.selectors.course import course_of, participants
from trial.access.http import AuthenticatedHttpRequest, require
from trial.access.roles import Permission


@require_safe
@require(Permission.REPORT_VIEW)
def participant(request: AuthenticatedHttpRequest, code: str) -> HttpResponse:
    """Flags, trends, scores, visits, results, and how the assessments came about."""
    found = get_object_or_404(participants(request.user), code=code)
    return render(request, "reports/participant.html", page(course_of(found), request.user))
