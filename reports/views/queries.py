"""Queries: the list, one with its thread, raising, and the measures by site."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from patients.forms import show_refusal
from reports import records
from reports.presenters import queries as presenter
from reports.query_forms import RaiseForm
from reports.records import Found
from reports.selectors.queried import label_of, value_text
from trial.access.exceptions import Refused
from trial.access.http import AuthenticatedHttpRequest, actor, require
from trial.access.models import User
from trial.access.roles import Permission, Role
from trial.quality.models import Query
from trial.quality.services import queries as services
from trial.web.http import next_address


@require_safe
@require(Permission.QUERY_VIEW)
def listing(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Fifty queries at a time, those that wait longest first."""
    return render(request, "reports/queries/list.html", presenter.page(request.user, request.GET))


@require_safe
@require(Permission.QUERY_VIEW)
def metrics(request: AuthenticatedHttpRequest) -> HttpResponse:
    """How the queries of each site go; `?format=csv` gives a file."""
    if request.GET.get("format") == "csv":
        head = {"Content-Disposition": 'attachment; filename="queries-by-site.csv"'}
        return HttpResponse(
            presenter.metrics_csv(request.user),
            content_type="text/csv; charset=utf-8",
            headers=head,
        )
    return render(request, "reports/queries/metrics.html", presenter.metrics(request.user))


@require_safe
@require(Permission.QUERY_VIEW)
def detail(request: AuthenticatedHttpRequest, query: int) -> HttpResponse:
    """One query with all that was said; the middle part alone for the dialog on a form."""
    found = visible_query(request, query)
    context = presenter.one(request.user, found, record_of(request.user, found))
    template = "reports/queries/_query.html" if request.htmx else "reports/queries/query.html"
    return render(request, template, context)


def visible_query(
    request: AuthenticatedHttpRequest, query: int, permission: Permission = Permission.QUERY_VIEW
) -> Query:
    """The query; 404 for one of another site."""
    rows = Query.objects.visible_to(request.user, permission).select_related("site", "assignee")
    return get_object_or_404(rows, pk=query)


def record_of(user: User, query: Query) -> Found | None:
    """The record a query is about, or None where the user may not read it."""
    try:
        return records.find(user, records.KIND_OF_TABLE[query.table_name].code, query.record_id)
    except records.NotThere:
        return None


@require_http_methods(["GET", "HEAD", "POST"])
@require(Permission.QUERY_RAISE)
def raise_one(request: AuthenticatedHttpRequest, kind: str, record: int) -> HttpResponse:
    """Ask about a record, or with `?field=` about one value of it."""
    try:
        found = records.find(request.user, kind, record)
    except records.NotThere:
        raise Http404 from None
    by = actor(request, Permission.QUERY_RAISE, found.participant.site)
    form = RaiseForm(found.fields, request.POST or None, {"field": request.GET.get("field", "")})
    if request.method == "POST" and form.is_valid():
        try:
            raised = services.raise_query(
                question=question_about(
                    found, form.cleaned_data["field"], form.cleaned_data["text"]
                ),
                role=Role(form.cleaned_data["role"]),
                by=by,
            )
        except Refused as refused:
            show_refusal(form, refused)
        else:
            said = _("Query #%(number)s is raised.") if raised.created else _(
                "This was open already: your question is in query #%(number)s."
            )  # fmt: skip
            messages.success(request, said % {"number": raised.query.pk})
            return redirect(next_address(request, found.url))
    return _draw_raise(request, found, form)


def question_about(found: Found, field: str, text: str) -> services.Question:
    """What is asked, with what the record is called and what stands there."""
    record = found.record(field)
    return services.Question(
        place=found.place,
        record=record,
        label=label_of(found, field),
        text=text,
        value=value_text(record.table, field, found.row) if field else "",
    )


def _draw_raise(request: AuthenticatedHttpRequest, found: Found, form: RaiseForm) -> HttpResponse:
    open_now = Query.objects.visible_to(request.user).waiting()
    same = open_now.filter(table_name=found.kind.table, record_id=found.row.pk)
    context = {
        "found": found,
        "form": form,
        "queries": list(same.order_by("pk")),
        "next": request.POST.get("next") or request.headers.get("HX-Current-URL", ""),
    }
    template = "reports/queries/_raise.html" if request.htmx else "reports/queries/raise.html"
    return render(request, template, context, status=422 if form.errors else 200)
