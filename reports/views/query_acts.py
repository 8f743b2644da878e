"""What is done about queries: answered, decided, assigned; one at a time or many."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from patients.forms import show_refusal
from reports.presenters import queries as presenter
from reports.query_forms import AnswerForm, AssignForm, BulkForm, DecisionForm
from reports.selectors.queried import answerers, values_of
from reports.views.queries import record_of, visible_query
from trial.access.exceptions import Refused
from trial.access.http import AuthenticatedHttpRequest, actor, require
from trial.access.roles import Permission, Role
from trial.audit.context import Actor
from trial.quality.models import Query
from trial.quality.services import queries as services
from trial.quality.services.threads import Outcome

DECISIONS: dict[str, Callable[..., Query]] = {
    "close": services.close,
    "cancel": services.cancel,
    "reopen": services.reopen,
}


@require_POST
@require(Permission.QUERY_ANSWER)
def answer(request: AuthenticatedHttpRequest, query: int) -> HttpResponse:
    """Keep the site's answer."""
    found = visible_query(request, query, Permission.QUERY_ANSWER)
    by = actor(request, Permission.QUERY_ANSWER, found.site)
    form = AnswerForm(request.POST)
    if form.is_valid():
        try:
            _do(services.answer, found, form.cleaned_data["text"], by)
        except Refused as refused:
            show_refusal(form, refused)
        else:
            messages.success(request, _("Query #%(number)s is answered.") % {"number": query})
            return redirect("reports:query", query)
    return _again(request, found, answer=form)


@require_POST
@require(Permission.QUERY_CLOSE)
def decide(request: AuthenticatedHttpRequest, query: int) -> HttpResponse:
    """Accept the answer, cancel the query, or ask again: `act` says which."""
    found = visible_query(request, query, Permission.QUERY_CLOSE)
    by = actor(request, Permission.QUERY_CLOSE, found.site)
    form, act = DecisionForm(request.POST), DECISIONS.get(request.POST.get("act", ""))
    if act is None:
        form.add_error(None, _("Say what is to become of the query."))
    elif form.is_valid():
        try:
            _do(act, found, form.cleaned_data["text"], by)
        except Refused as refused:
            show_refusal(form, refused)
        else:
            messages.success(request, _("Query #%(number)s is kept so.") % {"number": query})
            return redirect("reports:query", query)
    return _again(request, found, decision=form)


@require_POST
@require(Permission.QUERY_CLOSE)
def assign(request: AuthenticatedHttpRequest, query: int) -> HttpResponse:
    """Address the query to a role of the site, or one person."""
    found = visible_query(request, query, Permission.QUERY_CLOSE)
    by = actor(request, Permission.QUERY_CLOSE, found.site)
    form = AssignForm(answerers([found.site_id]), request.POST)
    if form.is_valid():
        try:
            services.assign(
                query=found, role=form.chosen_role, assignee=form.cleaned_data["assignee"], by=by
            )
        except Refused as refused:
            show_refusal(form, refused)
        else:
            messages.success(request, _("Query #%(number)s is assigned.") % {"number": query})
            return redirect("reports:query", query)
    return _again(request, found, assign=form)


def _do(act: Callable[..., Query], query: Query, text: str, by: Actor) -> None:
    act(query=query, text=text, value=values_of([query]).get(query.pk, ""), by=by)


def _again(request: AuthenticatedHttpRequest, query: Query, **form: Any) -> HttpResponse:
    context = presenter.one(request.user, query, record_of(request.user, query), **form)
    return render(request, "reports/queries/query.html", context, status=422)


@require_POST
@require(Permission.QUERY_CLOSE)
def bulk(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Close or assign several queries: first shown, then, with `apply`, done."""
    ids = request.POST.getlist("ids")
    rows = Query.objects.visible_to(request.user, Permission.QUERY_CLOSE)
    mine = rows.filter(pk__in=[one for one in ids if one.isascii() and one.isdigit()][:500])
    chosen = list(mine.select_related("site"))
    form = BulkForm(ids, answerers({one.site_id for one in chosen}), request.POST)
    if not form.is_valid():
        context = presenter.page(request.user, request.GET, form)
        return render(request, "reports/queries/list.html", context, status=422)
    by = actor(request, Permission.QUERY_CLOSE)
    try:
        outcome = _bulk(form, chosen, by)
    except Refused as refused:
        show_refusal(form, refused)
        context = presenter.page(request.user, request.GET, form)
        return render(request, "reports/queries/list.html", context, status=422)
    if form.cleaned_data["apply"]:
        count = len(outcome.done)
        said = ngettext("%(count)s query is done.", "%(count)s queries are done.", count)
        messages.success(request, said % {"count": count})
        return redirect("reports:queries")
    context = {"form": form, "outcome": outcome, "assigns": form.cleaned_data["act"] == "assign"}
    return render(request, "reports/queries/bulk.html", context)


def _bulk(form: BulkForm, queries: list[Query], by: Actor) -> Outcome:
    data, ids = form.cleaned_data, [query.pk for query in queries]
    dry_run = not data["apply"]
    if data["act"] == "close":
        values = {} if dry_run else values_of(queries)
        return services.bulk_close(
            ids=ids, text=data["text"], values=values, by=by, dry_run=dry_run
        )
    return services.bulk_assign(
        ids=ids,
        role=Role(data["role"] or Role.COORDINATOR),
        assignee=data["assignee"],
        text=data["text"],
        by=by,
        dry_run=dry_run,
    )
