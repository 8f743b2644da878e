"""What became of one value: every change with who, when and why, from the audit trail."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from labs.history import changes_of
from labs.models import Result
from trial.access.http import AuthenticatedHttpRequest, require
from trial.access.policy import sites_for
from trial.access.roles import Permission
from trial.protocol import registry


@require(Permission.LAB_VIEW)
@require_safe
def history(request: AuthenticatedHttpRequest, result_id: int) -> HttpResponse:
    """A page of its own, or its middle part for the dialog on the form."""
    scope = sites_for(request.user, Permission.LAB_VIEW)
    results = Result.objects.select_related("panel__visit__participant__site")
    if not scope.everywhere:
        results = results.filter(panel__visit__participant__site__in=scope.ids)
    result = get_object_or_404(results, pk=result_id)
    visit = result.panel.visit
    context = {
        "result": result,
        "visit": visit,
        "participant": visit.participant,
        "analyte": registry.get(visit.protocol_version).analyte(result.analyte),
        "changes": changes_of(result),
        "zone": visit.participant.site.timezone,
    }
    template = "labs/_history.html" if request.htmx else "labs/history.html"
    return render(request, template, context)
