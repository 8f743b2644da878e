"""Redaction: asking for it at a record, and agreeing to it as the second person."""

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from patients.forms import reason_field
from reports.presenters import words
from reports.records import NotThere, find
from reports.services import redaction
from trial.access.exceptions import Refused
from trial.access.http import AuthenticatedHttpRequest, actor, require
from trial.access.policy import sites_for
from trial.access.refusals import show_refusal
from trial.access.roles import Permission
from trial.audit.models import RedactionRequest

PAGE = 50


class RequestForm(forms.Form):
    """Why a text must go. What it says must not be repeated here."""

    reason = reason_field(
        gettext_lazy("Reason"),
        help_text=gettext_lazy("Say what kind of information it is, without repeating it."),
    )


class DecisionForm(forms.Form):
    """Why a request is turned down."""

    reason = reason_field(gettext_lazy("Reason"), required=False)


@require_http_methods(["GET", "POST"])
@require(Permission.REDACT)
def ask(request: AuthenticatedHttpRequest, kind: str, pk: int, field: str) -> HttpResponse:
    """Ask that one free text of a record be redacted."""
    try:
        found = find(request.user, kind, pk)
    except NotThere as error:
        raise Http404 from error
    if field not in redaction.redactable(found):
        raise Http404
    form = RequestForm(request.POST or None)
    if form.is_valid():
        by = actor(request, Permission.REDACT, found.place.site_id)
        try:
            redaction.request(found=found, field=field, by=by, **form.cleaned_data)
        except Refused as refused:
            show_refusal(form, refused)
        else:
            messages.success(request, _("Asked for. A second person must agree."))
            return redirect("reports:redactions")
    context = {"found": found, "field": found.fields[field], "form": form}
    status = 422 if form.errors else 200
    return render(request, "reports/redaction_ask.html", context, status=status)


@require_safe
@require(Permission.REDACT)
def listing(request: AuthenticatedHttpRequest) -> HttpResponse:
    """All requests, those that wait first."""
    return _draw(request)


@require_POST
@require(Permission.REDACT)
def decide(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Agree to a request, or turn it down, as the second person."""
    row = get_object_or_404(_visible(request), pk=pk)
    by = actor(request, Permission.REDACT, row.site_id)
    form = DecisionForm(request.POST)
    form.is_valid()
    try:
        if "refuse" in request.POST:
            redaction.refuse(row=row, by=by, reason=form.cleaned_data.get("reason", ""))
            messages.success(request, _("Turned down."))
        else:
            done = redaction.approve(row=row, by=by)
            text = _("Redacted, in %(count)s entries of the trail.")
            messages.success(request, text % {"count": done.events})
    except Refused as refused:
        show_refusal(form, refused)
        return _draw(request, (pk, form))
    return redirect("reports:redactions")


def _visible(request: AuthenticatedHttpRequest) -> QuerySet[RedactionRequest]:
    """The requests about records of the sites at which the user may redact."""
    scope = sites_for(request.user, Permission.REDACT)
    rows = RedactionRequest.objects.all()
    return rows if scope.everywhere else rows.filter(site_id__in=scope.ids)


def _draw(
    request: AuthenticatedHttpRequest, wrong: tuple[int, DecisionForm] | None = None
) -> HttpResponse:
    settled = Coalesce("done_at", "refused_at")
    rows = _visible(request).order_by(settled.desc(nulls_first=True), "-id")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    lines = [
        (
            row,
            f"{words.form_of(row.table_name)} {row.record_id}",
            words.field_of(row.table_name, row.field),
            row.requested_by_id == request.user.pk,
            wrong[1] if wrong and wrong[0] == row.pk else DecisionForm(auto_id=f"{row.pk}_%s"),
        )
        for row in page
    ]
    answerable = {row.pk for row, _r, _f, mine, _form in lines if not (mine or _settled(row))}
    if wrong and wrong[0] not in answerable:  # so there is no form to show it at
        found = (str(text) for texts in wrong[1].errors.values() for text in texts)
        messages.error(request, " ".join(found))
    context = {"page": page, "lines": lines}
    return render(request, "reports/redactions.html", context, status=422 if wrong else 200)


def _settled(row: RedactionRequest) -> bool:
    return bool(row.done_at or row.refused_at)
