"""What has been computed for a panel, asked for again while the job is under way."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from labs.desk import Desk
from labs.views.entry import visible_visit
from trial.access.http import AuthenticatedHttpRequest, require
from trial.access.roles import Permission


@require(Permission.LAB_VIEW)
@require_safe
def status(request: AuthenticatedHttpRequest, visit_id: int) -> HttpResponse:
    """The fragment with scores, response and relapse; it asks again only while it is pending."""
    desk = Desk(visible_visit(request, visit_id))
    standing = desk.standing()
    if standing is None:
        raise Http404
    return render(request, "labs/_standing.html", {"standing": standing, "visit": desk.visit})
