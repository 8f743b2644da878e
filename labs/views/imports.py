"""The pages of an import: upload, what the check found, the decision, progress, the result."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from labs import import_report as report
from labs.import_forms import LAYOUTS, ConfirmForm, UploadForm
from labs.import_wording import failure_text
from labs.models import ImportBatch, ImportStatus
from labs.services import imports as service
from labs.uploads import too_big
from trial.access.exceptions import Refused
from trial.access.http import AuthenticatedHttpRequest, actor, require
from trial.access.roles import Permission
from trial.audit.records import Place
from trial.quality.selectors.holds import require_open
from trial.web.formats import clock
from trial.web.parts import Tab

PAGE = 25
FINDINGS_PAGE = 100


@require(Permission.LAB_IMPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def overview(request: AuthenticatedHttpRequest) -> HttpResponse:
    """What has been brought in so far, and the form for the next file."""
    if request.method == "POST":
        return _upload(request)
    return _overview(request, UploadForm(user=request.user))


def _upload(request: AuthenticatedHttpRequest) -> HttpResponse:
    form = UploadForm(request.POST, request.FILES, user=request.user, too_big=too_big(request.META))
    if not form.is_valid():
        return _overview(request, form)
    data = form.cleaned_data
    try:
        batch = service.upload(
            site=data["site"],
            laboratory=data["laboratory"],
            file=data["file"],
            file_name=data["file"].name,
            mapping=data["table"],
            by=actor(request, Permission.LAB_IMPORT, data["site"]),
        )
    except Refused as refused:
        _show(form, refused)
        return _overview(request, form)
    return redirect("labs:import", batch.pk)


def _show(form: UploadForm | ConfirmForm, refused: Refused) -> None:
    for name, texts in refused.errors.items():
        for text in texts:
            form.add_error(name if name in form.fields else None, str(text))


def _overview(request: AuthenticatedHttpRequest, form: UploadForm) -> HttpResponse:
    batches = ImportBatch.objects.visible_to(request.user).select_related("site", "laboratory")
    page = Paginator(batches, PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "rows": [(batch, report.state_of(batch), report.counts_of(batch)) for batch in page],
    }
    status = 422 if form.errors else 200
    return render(request, "labs/imports.html", context, status=status)


def visible_batch(request: AuthenticatedHttpRequest, batch_id: int) -> ImportBatch:
    """The import; 404 for one of another site."""
    batches = ImportBatch.objects.visible_to(request.user).select_related("site", "laboratory")
    return get_object_or_404(batches, pk=batch_id)


@require(Permission.LAB_IMPORT)
@require_safe
def detail(request: AuthenticatedHttpRequest, batch_id: int) -> HttpResponse:
    """One file: where it stands, what was found in it, and what to decide."""
    return _detail(request, visible_batch(request, batch_id), ConfirmForm())


def _detail(
    request: AuthenticatedHttpRequest, batch: ImportBatch, form: ConfirmForm
) -> HttpResponse:
    kinds, counts = report.kinds_of(batch), report.counts_of(batch)
    kind = request.GET.get("kind", "")
    kind = kind if kind in kinds else next(iter(kinds), "")
    found = batch.findings.filter(kind=kind).order_by("line", "id")
    page = Paginator(found[: report.SHOWN], FINDINGS_PAGE).get_page(request.GET.get("page"))
    same = ImportBatch.objects.filter(
        site=batch.site, sha256=batch.sha256, status=ImportStatus.APPLIED
    ).exclude(pk=batch.pk)
    context = {
        "batch": batch,
        "state": report.state_of(batch),
        "counts": counts,
        "errors": counts["error"],
        "failure": failure_text(batch.failure),
        "form": form,
        "tabs": _tabs(batch, kinds, kind),
        "page": page,
        "findings": [report.shown(row) for row in page],
        "kind": kind,
        "cut": kinds.get(kind, 0) > report.SHOWN,
        "shown": report.SHOWN,
        "findings_url": reverse("labs:import-findings", args=[batch.pk]),
        "facts": _facts(batch),
        "earlier": same.first() if batch.status == ImportStatus.CHECKED else None,
        **_progress(batch),
    }
    return render(request, "labs/import.html", context, status=422 if form.errors else 200)


def _facts(batch: ImportBatch) -> list[tuple[str, object]]:
    layout = batch.mapping.get("name", "")
    return [
        (_("SHA-256"), batch.sha256),
        (_("Bytes"), batch.size),
        (_("Rows"), batch.rows_total),
        (_("Layout"), LAYOUTS.get(layout, layout)),
        (_("Blank cells"), batch.counts.get("blank", 0)),
        (_("Confirmed by"), batch.confirmed_by),
        (_("Imported"), batch.applied_at and clock(batch.applied_at, batch.site.timezone)),
    ]


def _tabs(batch: ImportBatch, kinds: dict[str, int], chosen: str) -> list[Tab]:
    address = reverse("labs:import", args=[batch.pk])
    return [
        Tab(report.KINDS[kind], f"{address}?kind={kind}#findings", kind == chosen, number)
        for kind, number in kinds.items()
    ]


def _progress(batch: ImportBatch) -> dict[str, Any]:
    done, total = report.progress_of(batch) if batch.waiting else (0, 0)
    percent = min(100, 100 * done // total) if total else 0
    return {"done": done, "total": total, "percent": percent}


@require(Permission.LAB_IMPORT)
@require_safe
def progress(request: AuthenticatedHttpRequest, batch_id: int) -> HttpResponse:
    """The progress bar, asked for again while the work lasts; then the page is loaded anew."""
    batch = visible_batch(request, batch_id)
    if not batch.waiting:
        return HttpResponse(headers={"HX-Refresh": "true"})
    context = {"batch": batch, "state": report.state_of(batch), **_progress(batch)}
    return render(request, "labs/_import_progress.html", context)


@require(Permission.LAB_IMPORT)
@require_POST
def confirm(request: AuthenticatedHttpRequest, batch_id: int) -> HttpResponse:
    """Import what the check has shown."""
    batch = visible_batch(request, batch_id)
    by = actor(request, Permission.LAB_IMPORT, batch.site)
    require_open(Place(batch.site_id))
    form = ConfirmForm(request.POST)
    if form.is_valid():
        try:
            service.confirm(batch=batch, by=by, skip_errors=form.cleaned_data["skip_errors"])
        except Refused as refused:
            _show(form, refused)
    return _detail(request, batch, form) if form.errors else redirect("labs:import", batch.pk)


@require(Permission.LAB_IMPORT)
@require_POST
def discard(request: AuthenticatedHttpRequest, batch_id: int) -> HttpResponse:
    """Throw the file away."""
    batch = visible_batch(request, batch_id)
    by = actor(request, Permission.LAB_IMPORT, batch.site)
    try:
        service.discard(batch=batch, by=by)
    except Refused as refused:
        messages.error(request, " ".join(str(text) for text in refused.errors[""]))
    else:
        messages.success(request, _("The file is discarded. Nothing was imported from it."))
    return redirect("labs:imports")


@require(Permission.LAB_IMPORT)
@require_safe
def findings(request: AuthenticatedHttpRequest, batch_id: int) -> StreamingHttpResponse:
    """Everything that was found, as CSV."""
    batch = visible_batch(request, batch_id)
    return StreamingHttpResponse(
        report.findings_csv(batch),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="import-{batch.pk}-findings.csv"'},
    )
