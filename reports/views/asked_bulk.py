"""Many queries at once: what would happen, then done."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from reports.query_forms import AssignForm, BulkCloseForm
from trial.access.exceptions import Refused
from trial.access.http import AuthenticatedHttpRequest, actor, require
from trial.access.refusals import show_refusal
from trial.access.roles import Permission
from trial.quality.models import Query
from trial.quality.services import settling

MOST = 500  # a page of the list holds fifty; more than this nobody has looked at


@require_POST
@require(Permission.QUERY_CLOSE)
def bulk(request: AuthenticatedHttpRequest) -> HttpResponse:
    """The chosen queries with what would happen to each; with `confirmed` it happens."""
    chosen = _chosen(request)
    if not chosen:
        messages.info(request, _("Choose at least one query."))
        return redirect("reports:queries")
    closing = request.POST.get("act") != "assign"
    confirmed = "confirmed" in request.POST
    form: Any = BulkCloseForm if closing else _assign_form
    filled = form(request.POST if confirmed else None)
    if not (confirmed and filled.is_valid()):
        return _preview(request, chosen, filled, closing=closing)
    try:
        judged = _do(request, chosen, filled.cleaned_data, closing=closing)
    except Refused as refused:
        show_refusal(filled, refused)
        return _preview(request, chosen, filled, closing=closing)
    done = sum(not one.refusal for one in judged)
    text = ngettext("%(count)s query is done.", "%(count)s queries are done.", done)
    messages.success(request, text % {"count": done})
    return redirect("reports:queries")


def _chosen(request: AuthenticatedHttpRequest) -> list[Query]:
    numbers = [n for n in request.POST.getlist("query") if n.isascii() and n.isdigit()]
    wanted = [int(n) for n in numbers if len(n) < 18][:MOST]
    rows = Query.objects.visible_to(request.user, Permission.QUERY_CLOSE)
    return list(rows.filter(pk__in=wanted).select_related("site"))


def _assign_form(data: Any = None) -> AssignForm:
    return AssignForm([], data)


def _do(
    request: AuthenticatedHttpRequest,
    chosen: list[Query],
    data: dict[str, Any],
    *,
    closing: bool,
    dry_run: bool = False,
) -> list[settling.Judged]:
    by = actor(request, Permission.QUERY_CLOSE)
    if closing:
        return settling.bulk_close(
            queries=chosen, text=data.get("text", ""), by=by, dry_run=dry_run
        )
    addressee = data.get("addressee", "coordinator")
    return settling.bulk_assign(
        queries=chosen, addressee=addressee, assignee=None, by=by, dry_run=dry_run
    )


def _preview(
    request: AuthenticatedHttpRequest, chosen: list[Query], form: Any, *, closing: bool
) -> HttpResponse:
    data = getattr(form, "cleaned_data", {}) if form.is_bound else {}
    judged = _do(request, chosen, data, closing=closing, dry_run=True)
    context = {
        "judged": judged,
        "doable": sum(not one.refusal for one in judged),
        "form": form,
        "closing": closing,
    }
    return render(request, "queries/bulk.html", context, status=422 if form.errors else 200)
