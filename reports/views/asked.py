"""Queries: the list, one query with its thread, raising one, and each step of its life."""

import csv
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from reports.presenters import asked as presenter
from reports.query_forms import AnswerForm, AssignForm, CloseForm, RaiseForm, ReopenForm
from reports.records import Found, NotThere, find
from reports.selectors.asked import answerers
from trial.access.exceptions import Refused
from trial.access.http import AuthenticatedHttpRequest, actor, demand, require
from trial.access.models import User
from trial.access.refusals import show_refusal
from trial.access.roles import Permission
from trial.quality.models import Query
from trial.quality.selectors.asked import metrics
from trial.quality.services import asking, settling


@require_safe
@require(Permission.QUERY_VIEW)
def listing(request: AuthenticatedHttpRequest) -> HttpResponse:
    """All queries the user may see, filtered, the oldest first."""
    return render(request, "queries/list.html", presenter.page(request.user, request.GET))


@require_safe
@require(Permission.QUERY_VIEW)
def detail(request: AuthenticatedHttpRequest, query_id: int) -> HttpResponse:
    """One query: a page of its own, or its middle part for the dialog on a form."""
    return _detail(request, _query(request, query_id))


def _query(request: AuthenticatedHttpRequest, query_id: int) -> Query:
    rows = Query.objects.visible_to(request.user).select_related("site", "assignee")
    return get_object_or_404(rows, pk=query_id)


def _detail(
    request: AuthenticatedHttpRequest,
    query: Query,
    wrong: forms.Form | None = None,
    status: int = 200,
) -> HttpResponse:
    context = presenter.detail(query, request.user)
    people = answerers(query.site_id) if context["may_assign"] else []
    context |= {
        "answer_form": AnswerForm(prefix="answer"),
        "close_form": CloseForm(prefix="close"),
        "reopen_form": ReopenForm(prefix="reopen"),
        "assign_form": AssignForm(people, query=query),
        "wrong_form": wrong,
    }
    names = {AnswerForm: "answer_form", CloseForm: "close_form", ReopenForm: "reopen_form",
             AssignForm: "assign_form"}  # fmt: skip
    if wrong is not None:
        context[names[type(wrong)]] = wrong
    template = "queries/_query.html" if request.htmx else "queries/query.html"
    return render(request, template, context, status=status)


def _step(
    request: AuthenticatedHttpRequest,
    query: Query,
    form: forms.Form,
    act: Callable[[dict[str, Any]], Query],
    done: str,
) -> HttpResponse:
    """One service over a query, with what was typed; refused, everything typed stands there."""
    if not form.is_valid():
        return _detail(request, query, form, 422)
    try:
        act(form.cleaned_data)
    except Refused as refused:
        show_refusal(form, refused)
        return _detail(request, _query(request, query.pk), form, refused.page_status)
    messages.success(request, done)
    return redirect("reports:query", query.pk)


def _value(request: AuthenticatedHttpRequest, query: Query) -> str:
    return presenter.value_of(presenter.record_of(query, request.user), query.field)


def _said(
    request: AuthenticatedHttpRequest,
    query_id: int,
    permission: Permission,
    form_class: type[forms.Form],
    act: Callable[..., Query],
    done: str,
) -> HttpResponse:
    """A step that says something: it keeps the text, and what the value is at that moment."""
    query = _query(request, query_id)
    by = actor(request, permission, query.site)
    return _step(
        request, query, form_class(request.POST, prefix=act.__name__),
        lambda data: act(query=query, text=data["text"], value=_value(request, query), by=by),
        done,
    )  # fmt: skip


@require_POST
@require(Permission.QUERY_ANSWER)
def answer(request: AuthenticatedHttpRequest, query_id: int) -> HttpResponse:
    """The site's answer."""
    right, done = Permission.QUERY_ANSWER, _("Answered.")
    return _said(request, query_id, right, AnswerForm, settling.answer, done)


@require_POST
@require(Permission.QUERY_CLOSE)
def close(request: AuthenticatedHttpRequest, query_id: int) -> HttpResponse:
    """Settle it: the answer is accepted, or it is cancelled with a reason."""
    right, done = Permission.QUERY_CLOSE, _("Closed.")
    return _said(request, query_id, right, CloseForm, settling.close, done)


@require_POST
@require(Permission.QUERY_RAISE)
def reopen(request: AuthenticatedHttpRequest, query_id: int) -> HttpResponse:
    """Ask again: the answer does not settle it."""
    right, done = Permission.QUERY_RAISE, _("Reopened.")
    return _said(request, query_id, right, ReopenForm, settling.reopen, done)


@require_POST
@require(Permission.QUERY_CLOSE)
def assign(request: AuthenticatedHttpRequest, query_id: int) -> HttpResponse:
    """Say who at the site is to answer."""
    query = _query(request, query_id)
    by = actor(request, Permission.QUERY_CLOSE, query.site)
    form = AssignForm(answerers(query.site_id), request.POST)
    return _step(
        request, query, form,
        lambda data: settling.assign(
            query=query, addressee=data["addressee"], assignee=_person(data["assignee"]), by=by
        ),
        _("Assigned."),
    )  # fmt: skip


def _person(pk: str) -> User | None:
    return User.objects.filter(pk=int(pk)).first() if pk else None


@require_http_methods(["GET", "HEAD", "POST"])
@require(Permission.QUERY_RAISE)
def ask(request: AuthenticatedHttpRequest, kind: str, pk: int) -> HttpResponse:
    """Ask about a record; `?field=` names the value that is meant."""
    found = _found(request, kind, pk)
    demand(request.user, Permission.QUERY_RAISE, found.place.site_id)
    if request.method != "POST":
        return _ask(request, found, RaiseForm(found, field=request.GET.get("field", "")))
    form = RaiseForm(found, request.POST)
    if not form.is_valid():
        return _ask(request, found, form, 422)
    by = actor(request, Permission.QUERY_RAISE, found.place.site_id)
    try:
        query, new = asking.raise_query(ask=_question(found, form.cleaned_data), by=by)
    except Refused as refused:
        show_refusal(form, refused)
        return _ask(request, found, form, 422)
    if not new:
        messages.info(request, _("The same is asked already: this is the query."))
        return redirect("reports:query", query.pk)
    messages.success(request, _("Query #%(number)s is raised.") % {"number": query.pk})
    return redirect(found.url)


def _found(request: AuthenticatedHttpRequest, kind: str, pk: int) -> Found:
    try:
        return find(request.user, kind, pk)
    except NotThere as error:
        raise Http404 from error


def _question(found: Found, data: dict[str, Any]) -> asking.Ask:
    field = data["field"]
    return asking.manual(
        place=found.place,
        record=found.record(field),
        label=asking.both(lambda: found.label),
        text=data["text"],
        value=presenter.value_of(found, field),
        addressee=data["addressee"],
    )


def _ask(
    request: AuthenticatedHttpRequest, found: Found, form: RaiseForm, status: int = 200
) -> HttpResponse:
    record = found.record()
    standing = Query.objects.visible_to(request.user).unsettled()
    context = {
        "found": found,
        "form": form,
        "standing": standing.filter(table=record.table, record_id=record.id),
    }
    template = "queries/_raise.html" if request.htmx else "queries/raise.html"
    return render(request, template, context, status=status)


@require_safe
@require(Permission.QUERY_VIEW)
def by_site(request: AuthenticatedHttpRequest) -> HttpResponse:
    """The queries of each site in numbers; `?format=csv` gives a file."""
    rows = metrics(request.user)
    if request.GET.get("format") == "csv":
        return _csv(rows)
    context = {"rows": rows, "tabs": presenter.tabs("metrics")}
    return render(request, "queries/metrics.html", context)


_COLUMNS = ("open", "answered", "by_hand", "median_age", "oldest", "closed_30")


def _csv(rows: Any) -> HttpResponse:
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="queries-by-site.csv"'
    writer = csv.writer(response)
    writer.writerow(["site", *_COLUMNS])
    for row in rows:
        values = (getattr(row, name) for name in _COLUMNS)
        writer.writerow([row.site.code, *("" if one is None else one for one in values)])
    return response
