"""Reference ranges of the laboratories: listed, added, corrected; the effect is shown first."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from labs.models import Laboratory, ReferenceRange
from labs.range_forms import NewRangeForm, RangeCorrectionForm
from labs.services import ranges as services
from trial.access.exceptions import Refused
from trial.access.http import AuthenticatedHttpRequest, actor, require
from trial.access.idempotency import fingerprint
from trial.access.roles import Permission
from trial.audit.context import Actor
from trial.protocol import registry

_PAGE = 40


@require(Permission.LAB_RANGES)
@require_safe
def listing(request: AuthenticatedHttpRequest) -> HttpResponse:
    """The ranges of one laboratory, of all analytes or one."""
    laboratories = list(Laboratory.objects.select_related("site"))
    wanted = request.GET.get("laboratory", "")
    chosen = next((one for one in laboratories if str(one.pk) == wanted), None)
    chosen = chosen or (laboratories[0] if laboratories else None)
    codes = {one.code for one in registry.latest().analytes}
    analyte = request.GET.get("analyte", "")
    if analyte not in codes:  # nothing, or nothing the registry knows
        analyte = ""
    rows = ReferenceRange.objects.filter(laboratory=chosen)
    if analyte:
        rows = rows.filter(analyte=analyte)
    page = Paginator(rows, _PAGE).get_page(request.GET.get("page"))
    names = {one.code: one.name for one in registry.latest().analytes}
    context = {
        "laboratories": laboratories,
        "chosen": chosen,
        "analyte": analyte,
        "analytes": registry.latest().analytes,
        "page": page,
        "rows": [(row, names.get(row.analyte, "")) for row in page],
    }
    return render(request, "labs/ranges.html", context)


@require(Permission.LAB_RANGES)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: AuthenticatedHttpRequest, laboratory_id: int) -> HttpResponse:
    """A new range; it is stored after the number of results it changes has been seen."""
    laboratory = get_object_or_404(Laboratory, pk=laboratory_id)
    by = actor(request, Permission.LAB_RANGES, laboratory.site)
    form = NewRangeForm(request.POST or None)
    context: dict[str, Any] = {"form": form, "laboratory": laboratory, "row": None}
    if not form.is_bound or not form.is_valid():
        return _form_page(request, context)
    try:
        row = form.row(laboratory)
        if request.POST.get("confirmed") != _mark(form):
            seen = {"effect": services.effect_of(row), "mark": _mark(form)}
            return _form_page(request, context | seen)
        services.add_range(row=row, by=by)
    except Refused as refused:
        form.refuse(refused.errors)
        return _form_page(request, context)
    messages.success(request, _("The range is stored."))
    return HttpResponseRedirect(_list_of(laboratory))


@require(Permission.LAB_RANGES)
@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: AuthenticatedHttpRequest, range_id: int) -> HttpResponse:
    """New limits for a recorded range, with a reason and the effect shown before."""
    row = get_object_or_404(ReferenceRange.objects.select_related("laboratory__site"), pk=range_id)
    by = actor(request, Permission.LAB_RANGES, row.laboratory.site)
    form = RangeCorrectionForm(request.POST or None, row=row)
    context: dict[str, Any] = {
        "form": form,
        "laboratory": row.laboratory,
        "row": row,
        "name": registry.latest().analyte(row.analyte).name,
    }
    if not form.is_bound or not form.is_valid():
        return _form_page(request, context)
    try:
        if request.POST.get("confirmed") != _mark(form):
            seen = {"effect": _effect(row, form.changes), "mark": _mark(form)}
            return _form_page(request, context | seen)
        _correct(row, form, by)
    except Refused as refused:
        form.refuse(refused.errors)
        return _form_page(request, context)
    messages.success(request, _("The range is corrected; what rests on it is computed anew."))
    return HttpResponseRedirect(_list_of(row.laboratory))


def _correct(row: ReferenceRange, form: RangeCorrectionForm, by: Actor) -> None:
    services.correct_range(row=row, reason=form.cleaned_data["reason"], by=by, **form.changes)


def _mark(form: NewRangeForm | RangeCorrectionForm) -> str:
    """What the effect was shown for: with other limits it must be seen anew."""
    told = {name: value for name, value in form.cleaned_data.items() if name != "reason"}
    return fingerprint(told)


def _effect(row: ReferenceRange, changes: dict[str, Any]) -> int:
    """How many results the correction would change; the row in hand is not stored."""
    for name, value in changes.items():
        setattr(row, name, value)
    return services.effect_of(row)


def _form_page(request: AuthenticatedHttpRequest, context: dict[str, Any]) -> HttpResponse:
    status = 422 if context["form"].errors else 200
    return render(request, "labs/range.html", {"effect": None, **context}, status=status)


def _list_of(laboratory: Laboratory) -> str:
    return f"{reverse('labs:ranges')}?laboratory={laboratory.pk}"
