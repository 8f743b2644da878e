"""The data manager's desk of the central reading: pictures, readers, differences, what counts."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from trial.access.exceptions import Refused
from trial.access.http import AuthenticatedHttpRequest, actor, require
from trial.access.refusals import show_refusal
from trial.access.roles import Permission
from trial.access.selectors import sites_of
from visits.models import ReadingAssignment, SlideImage
from visits.models.reading import BiopsyRow, Stain
from visits.reading_compared import compared
from visits.reading_forms import (
    STEP_NAMES,
    AssignForm,
    DeskFilter,
    ImageForm,
    ReplaceForm,
    StrikeForm,
    ThirdForm,
)
from visits.selectors import histology as selectors
from visits.selectors.histology import Step
from visits.services import assigning, slides
from visits.slide_files import MAX_BYTES

MANAGE = Permission.HISTOLOGY_MANAGE
PER_PAGE = 50
_FEW = 1_000  # unscheduled visits of one participant
ENVELOPE = 100_000  # what the other fields and the multipart frame may take


@require_GET
@require(MANAGE)
def desk(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Every biopsy with what its reading waits for."""
    return _draw_desk(request)


@require_POST
@require(MANAGE)
def assign(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Give the ticked biopsies to two readers."""
    form = AssignForm(selectors.readers(), request.POST)
    if not form.is_valid():
        return _draw_desk(request, assign=form)
    try:
        assigning.assign(
            biopsies=form.chosen, first=form.cleaned_data["first"],
            second=form.cleaned_data["second"], by=actor(request, MANAGE),
        )  # fmt: skip
    except Refused as refused:
        show_refusal(form, refused)
        return _draw_desk(request, assign=form)
    messages.success(request, _("Assigned, in an order of its own for each reader."))
    return redirect("histology:desk")


@require_POST
@require(MANAGE)
def third(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Give the ticked biopsies, on which two readers differ, to a third."""
    form = ThirdForm(selectors.readers(), request.POST)
    if not form.is_valid():
        return _draw_desk(request, third=form)
    try:
        assigning.assign_third(
            biopsies=form.chosen, reader=form.cleaned_data["reader"], by=actor(request, MANAGE)
        )
    except Refused as refused:
        show_refusal(form, refused)
        return _draw_desk(request, third=form)
    messages.success(request, _("Given to a third reader."))
    return redirect("histology:desk")


@require_GET
@require(MANAGE)
def biopsy(request: AuthenticatedHttpRequest, code: str, label: str) -> HttpResponse:
    """One biopsy: its pictures, who reads it, what each found, what counts."""
    return _draw(request, _biopsy_or_404(request, code, label))


@require_POST
@require(MANAGE)
def add_image(request: AuthenticatedHttpRequest, code: str, label: str) -> HttpResponse:
    """Add a picture of a slide."""
    found = _biopsy_or_404(request, code, label)
    form = ImageForm(request.POST, request.FILES, too_big=_too_big(request))
    by = actor(request, MANAGE)
    if not form.is_valid():
        return _draw(request, found, image=form)
    try:
        slides.add_image(
            biopsy=found, name=form.cleaned_data["file"].name, data=form.content, by=by,
            stain=Stain(form.cleaned_data["stain"]), looked_at=form.cleaned_data["looked_at"],
        )  # fmt: skip
    except Refused as refused:
        show_refusal(form, refused)
        return _draw(request, found, image=form)
    messages.success(request, _("The picture is added."))
    return redirect("histology:biopsy", code, label)


@require_GET
@require(MANAGE)
def image(request: AuthenticatedHttpRequest, code: str, label: str, number: int) -> HttpResponse:
    """One picture, struck or not."""
    found = _image_or_404(_biopsy_or_404(request, code, label), number)
    return HttpResponse(bytes(found.pixels.data), content_type=found.media)


@require_POST
@require(MANAGE)
def strike(request: AuthenticatedHttpRequest, code: str, label: str, number: int) -> HttpResponse:
    """Show a picture to nobody any more."""
    found = _biopsy_or_404(request, code, label)
    picture = _image_or_404(found, number)
    form = _strike_form(number, request.POST)
    if not form.is_valid():
        return _draw(request, found, acts={f"strike-{number}": form})
    slides.strike_image(image=picture, why=form.cleaned_data["why"], by=actor(request, MANAGE))
    messages.success(request, _("The picture is struck. No reader sees it any more."))
    return redirect("histology:biopsy", code, label)


@require_POST
@require(MANAGE)
def replace(request: AuthenticatedHttpRequest, code: str, label: str, place: int) -> HttpResponse:
    """Give a biopsy to another reader than the one who has not read it."""
    found = _biopsy_or_404(request, code, label)
    standing = ReadingAssignment.objects.standing().filter(biopsy=found, place=place).first()
    if standing is None:
        raise Http404
    form = _replace_form(place, request.POST)
    acts = {f"replace-{place}": form}
    if not form.is_valid():
        return _draw(request, found, acts=acts)
    try:
        assigning.replace(
            assignment=standing, reader=form.cleaned_data["reader"],
            why=form.cleaned_data["why"], by=actor(request, MANAGE),
        )  # fmt: skip
    except Refused as refused:
        show_refusal(form, refused)
        return _draw(request, found, acts=acts)
    messages.success(request, _("Another reader has the biopsy now."))
    return redirect("histology:biopsy", code, label)


# --- what these views share -----------------------------------------------------------------------
def _biopsy_or_404(request: AuthenticatedHttpRequest, code: str, label: str) -> BiopsyRow:
    visit, _dash, _number = label.partition("-")
    rows = selectors.biopsies(request.user).filter(participant__code=code, visit__code=visit)
    found = next((row for row in rows[:_FEW] if row.visit.slug == label), None)
    if found is None:
        raise Http404
    return found


def _image_or_404(found: BiopsyRow, number: int) -> SlideImage:
    images = SlideImage.objects.filter(biopsy=found).select_related("pixels", "biopsy")
    picture = images.filter(number=number).first()
    if picture is None:
        raise Http404
    return picture


def _too_big(request: HttpRequest) -> bool:
    length = str(request.META.get("CONTENT_LENGTH") or "0")
    return length.isdigit() and int(length) > MAX_BYTES + ENVELOPE


def _strike_form(number: int, data: QueryDict | None = None) -> StrikeForm:
    return StrikeForm(data, auto_id=f"id_strike-{number}-%s")


def _replace_form(place: int, data: QueryDict | None = None) -> ReplaceForm:
    return ReplaceForm(selectors.readers(), data, auto_id=f"id_replace-{place}-%s")


def _draw_desk(
    request: AuthenticatedHttpRequest, *, assign: AssignForm | None = None,
    third: ThirdForm | None = None,
) -> HttpResponse:  # fmt: skip
    chosen_by = DeskFilter(sites_of(request.user, MANAGE), request.GET)
    chosen = chosen_by.chosen()
    rows = selectors.biopsies(request.user)
    if chosen["site"]:
        rows = rows.filter(participant__site=chosen["site"])
    counts = selectors.counts_of(rows)
    if chosen["step"]:
        rows = rows.filter(step=chosen["step"])
    ordered = rows.order_by("participant__code", "visit__position", "visit__number")
    page = Paginator(ordered, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "filter": chosen_by,
        "active": sum(bool(value) for value in chosen.values()),
        "counts": counts,
        "page": page,
        "lines": _lines(list(page.object_list)),
        "assign": assign or AssignForm(selectors.readers()),
        "third": third or ThirdForm(selectors.readers()),
        "ticked": (assign or third).chosen if assign or third else [],  # type: ignore[union-attr]
    }
    return render(request, "histology/desk.html", context, status=422 if assign or third else 200)


def _lines(rows: list[Any]) -> list[dict[str, object]]:
    """Biopsies with who reads them and the look of their step."""
    given = selectors.assignments_of(rows)
    return [
        {
            "biopsy": row,
            "step": row.step,
            "word": STEP_NAMES[Step(row.step)],
            "readers": given.get(row.pk, []),
            "final": getattr(row, "final", None),
        }
        for row in rows
    ]


def _draw(
    request: AuthenticatedHttpRequest, found: BiopsyRow, *, image: ImageForm | None = None,
    acts: Mapping[str, forms.Form] | None = None,
) -> HttpResponse:  # fmt: skip
    """The page of a biopsy, with what was refused as it was typed."""
    acts = acts or {}
    images = SlideImage.objects.filter(biopsy=found)
    given = selectors.assignments_of([found]).get(found.pk, [])
    context = {
        "biopsy": found,
        "participant": found.participant,
        "visit": found.visit,
        "images": [
            (one, acts.get(f"strike-{one.number}") or _strike_form(one.number)) for one in images
        ],
        "form": image or ImageForm(),
        "assignments": [
            (one, acts.get(f"replace-{one.place}") or _replace_form(one.place)) for one in given
        ],
        "compared": compared(found, selectors.history_of(found)),
        "final": getattr(found, "final", None),
        "word": STEP_NAMES[Step(found.step)],
    }
    code = 422 if acts or image is not None else 200
    return render(request, "histology/biopsy.html", context, status=code)
