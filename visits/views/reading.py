"""What a reader of biopsies sees: their specimens in the order drawn, one of them, its pictures.

Nothing on these pages comes from a participant, a visit, a site or another reader: the same
specimen looks the same wherever it comes from (clinical rules §5.3).
"""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from trial.access.exceptions import Refused
from trial.access.http import AuthenticatedHttpRequest, actor, require
from trial.access.refusals import show_refusal
from trial.access.roles import Permission
from visits.histology import HIGHEST
from visits.models import ReadingAssignment
from visits.reading_forms import ReadingForm, TotalForm
from visits.reading_values import grade_of
from visits.selectors import specimens
from visits.services import readings

READ = Permission.HISTOLOGY_READ
PER_PAGE = 50


@require_GET
@require(READ)
def work(request: AuthenticatedHttpRequest) -> HttpResponse:
    """The reader's specimens in their order."""
    page = Paginator(specimens.work_of(request.user), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "left": specimens.left_of(request.user),
        "next": specimens.next_of(request.user),
    }
    return render(request, "histology/work.html", context)


@require_http_methods(["GET", "POST"])
@require(READ)
def specimen(request: AuthenticatedHttpRequest, specimen: str) -> HttpResponse:
    """One specimen: its pictures and the form; afterwards what was submitted, to be corrected."""
    found = _specimen_or_404(request, specimen)
    last = specimens.latest(found)
    data = request.POST if request.method == "POST" else None
    form = ReadingForm(last.values if last else None, last.number if last else 0, data)
    if data is None or not form.is_valid():
        return _draw(request, found, form, 422 if form.errors else 200)
    try:
        readings.submit(
            reader=request.user, code=specimen, values=form.typed,
            base=form.cleaned_data["base"], reason=form.cleaned_data["reason"],
            by=actor(request, READ),
        )  # fmt: skip
    except Refused as refused:
        show_refusal(form, refused)
        return _draw(request, found, form, refused.page_status)
    messages.success(request, _("The reading of %s is submitted.") % found.shown)
    return redirect("reading:work")


@require_POST
@require(READ)
def total(request: AuthenticatedHttpRequest) -> HttpResponse:
    """The total of the components that are chosen; nothing is stored."""
    return render(request, "histology/_total.html", _total(TotalForm(request.POST).typed))


@require_GET
@require(READ)
def image(request: AuthenticatedHttpRequest, specimen: str, number: int) -> HttpResponse:
    """One picture of the reader's specimen."""
    content = specimens.content_of(_specimen_or_404(request, specimen), number)
    if content is None:
        raise Http404
    return HttpResponse(content.data, content_type=content.media)


def _specimen_or_404(request: AuthenticatedHttpRequest, code: str) -> ReadingAssignment:
    found = specimens.specimen_of(request.user, code)
    if found is None:
        raise Http404
    return found


def _total(values: Mapping[str, Any]) -> dict[str, object]:
    grade = grade_of(values)
    return {"total": grade.total, "missing": grade.missing, "highest": HIGHEST}


def _draw(
    request: AuthenticatedHttpRequest, found: ReadingAssignment, form: ReadingForm, status: int
) -> HttpResponse:
    known = form.typed if form.is_bound else form.initial
    context = {
        "specimen": found,
        "form": form,
        "pictures": specimens.pictures_of(found),
        **_total(known),
    }
    return render(request, "histology/specimen.html", context, status=status)
