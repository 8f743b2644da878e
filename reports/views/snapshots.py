"""Snapshots: the list, taking one, one with its manifest, two compared."""

from django.contrib import messages
from django.http import FileResponse, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from reports import past
from reports.models import Snapshot
from reports.presenters import snapshots as presenter
from reports.selectors.comparison import Question, differences
from reports.services import comparing, snapshots
from reports.snapshot_forms import CompareForm, TakeForm
from trial.access.exceptions import Refused
from trial.access.http import AuthenticatedHttpRequest, actor, demand, require
from trial.access.policy import can, sites_for
from trial.access.refusals import show_refusal
from trial.access.roles import Permission
from trial.access.selectors import sites_of

CHOICES = 200  # as many snapshots as a list to choose from holds


@require_http_methods(["GET", "HEAD", "POST"])
@require(Permission.SNAPSHOT_VIEW)
def listing(request: AuthenticatedHttpRequest) -> HttpResponse:
    """All snapshots, newest first; POST takes one."""
    form = TakeForm(request.POST or None)
    if request.method == "POST":
        demand(request.user, Permission.SNAPSHOT_TAKE)
        if form.is_valid():
            by = actor(request, Permission.SNAPSHOT_TAKE)
            try:
                taken = snapshots.take(by=by, **form.cleaned_data)
            except Refused as refused:
                show_refusal(form, refused)
            else:
                words = {"number": taken.number}
                messages.success(request, _("Snapshot %(number)s is taken.") % words)
                return redirect("reports:snapshot", taken.number)
    context = presenter.listing(Snapshot.objects.all(), request.GET.get("page"))
    context |= {"form": form, "may_take": can(request.user, Permission.SNAPSHOT_TAKE)}
    status = 422 if form.errors else 200
    return render(request, "reports/snapshots.html", context, status=status)


@require_safe
@require(Permission.SNAPSHOT_VIEW)
def snapshot(request: AuthenticatedHttpRequest, number: int) -> HttpResponse:
    """One snapshot with its files."""
    taken = get_object_or_404(Snapshot.objects.prefetch_related("files"), number=number)
    others = list(Snapshot.objects.exclude(pk=taken.pk)[:CHOICES])
    return render(request, "reports/snapshot.html", presenter.page(taken, others))


@require_safe
@require(Permission.SNAPSHOT_VIEW)
def manifest(request: AuthenticatedHttpRequest, number: int) -> HttpResponse:
    """What identifies a snapshot and its files, as JSON."""
    taken = get_object_or_404(Snapshot.objects.prefetch_related("files"), number=number)
    return JsonResponse(
        presenter.manifest(taken),
        json_dumps_params={"indent": 1, "ensure_ascii": False},
        headers={"Content-Disposition": f'attachment; filename="manifest-{number}.json"'},
    )


@require_safe
@require(Permission.SNAPSHOT_VIEW)
def compare(request: AuthenticatedHttpRequest) -> HttpResponseBase:
    """What differs between `since` and `until`, page by page or as CSV (`format=csv`)."""
    taken = list(Snapshot.objects.all()[:CHOICES])
    form = CompareForm(list(sites_of(request.user, Permission.SNAPSHOT_VIEW)), taken, request.GET)
    question = _question(request, form) if request.GET.get("since") and form.is_valid() else None
    if question and request.GET.get("format") == "csv":
        by = actor(request, Permission.DATA_EXPORT)
        asked = {name: str(value) for name, value in request.GET.items() if name != "format"}
        file = comparing.export(question=question, asked=asked, by=by)
        return FileResponse(file, as_attachment=True, filename="comparison.csv")
    context: dict[str, object] = {"form": form, "asked": question}
    if question:
        context |= _differences(request, question)
    wrong = bool(request.GET.get("since") and form.errors)
    return render(request, "reports/compare.html", context, status=422 if wrong else 200)


def _question(request: AuthenticatedHttpRequest, form: CompareForm) -> Question | None:
    chosen = form.cleaned_data
    try:
        since, until = past.end(chosen["since"], "since"), past.end(chosen["until"], "until")
    except Refused as refused:
        show_refusal(form, refused)
        return None
    if since.at > until.at:
        form.add_error("until", _("The period ends before it begins."))
        return None
    sites = {site.code: site.pk for site in sites_of(request.user, Permission.SNAPSHOT_VIEW)}
    person = chosen["participant"]
    return Question(
        since=since.seen,
        until=until.seen,
        text=sites_for(request.user, Permission.TRAIL_TEXT).everywhere,
        steps=chosen["steps"],
        site=sites.get(chosen["site"]),
        participant=person.pk if person else None,
        form=chosen["form"],
    )


def _differences(request: AuthenticatedHttpRequest, question: Question) -> dict[str, object]:
    text = request.GET.get("page", "1")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 1
    size = presenter.PAGE
    found, total = differences(question, limit=size, offset=(max(number, 1) - 1) * size)
    query = request.GET.copy()
    query["format"] = "csv"
    return {
        "lines": [presenter.difference(one) for one in found],
        "page": presenter.Counted(number, total).page,
        "csv": f"?{query.urlencode()}",
        "total": total,
    }
