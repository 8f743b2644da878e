"""What became of one record, or of one value of it: the trail, field by field."""

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from reports.presenters.trail import columns_of
from reports.presenters.trail import history as lines_of
from reports.records import NotThere, find
from reports.selectors.trail import PAGE, names_for
from trial.access.http import AuthenticatedHttpRequest, require
from trial.access.roles import Permission
from trial.audit.models import Event


@require_safe
@require(Permission.PARTICIPANT_VIEW)
def history(request: AuthenticatedHttpRequest, kind: str, pk: int) -> HttpResponse:
    """A page of its own, or its middle part for a dialog; `?field=` narrows it to one value."""
    try:
        found = find(request.user, kind, pk)
    except NotThere as error:
        raise Http404 from error
    field = request.GET.get("field", "")
    if field and field not in found.fields:
        raise Http404
    rows = Event.objects.of_record(found.kind.table, found.row.pk)
    rows = rows.touching(columns_of(found, field)).order_by("-id")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    events = list(page)
    context = {
        "found": found,
        "field": found.fields.get(field, ""),
        "lines": lines_of(found, events, names_for(events), field),
        "page": page,
        "zone": found.participant.site.timezone,
    }
    template = "reports/_history.html" if request.htmx else "reports/history.html"
    return render(request, template, context)
