"""The lab form of a visit: shown, saved, and given back with everything that was typed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.db.models import Exists, OuterRef, Subquery
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from labs import sheet
from labs.desk import Desk, why_closed
from labs.forms import HeadForm, Submitted, new_key, panel_entry
from labs.merge import Difference, differences, on_top_of, with_picks
from labs.models import EvaluationRun, NotDone, Result
from labs.selectors import pending
from labs.services import panels
from patients.withdrawals import newest_line
from trial.access.exceptions import Conflict, KeyReused, Refused
from trial.access.http import AuthenticatedHttpRequest, actor, require
from trial.access.roles import Permission
from trial.audit.context import Actor
from trial.quality.selectors.asked import asked_over, of_visit, reason_from
from trial.quality.selectors.holds import require_open
from trial.quality.selectors.marks import marks_of
from trial.quality.selectors.verification import verified_results
from visits.models import Visit
from visits.places import place_of


def visible_visit(request: AuthenticatedHttpRequest, visit_id: int) -> Visit:
    """The visit with participant, site and panel, whether its participant's labs wait for their
    evaluation, and their newest one; 404 for one of another site."""
    visits = Visit.objects.visible_to(request.user, Permission.LAB_VIEW)
    of_participant = EvaluationRun.objects.filter(series__participant=OuterRef("participant_id"))
    related = visits.select_related("participant__site", "panel__laboratory").annotate(
        pending=Exists(pending().filter(participant=OuterRef("participant_id"))),
        run=Subquery(of_participant.order_by("-pk").values("pk")[:1]),
        partial_line=newest_line("participant_id"),
    )
    visit = get_object_or_404(related, pk=visit_id)
    visit.participant.__dict__["partial_line"] = visit.__dict__["partial_line"]
    return visit


@require(Permission.LAB_VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def entry(request: AuthenticatedHttpRequest, visit_id: int) -> HttpResponse:
    """Show the form; on POST save it, or show it again with what stands in the way."""
    desk = Desk(visible_visit(request, visit_id))
    if request.method == "POST":
        by = actor(request, Permission.LAB_ENTER, desk.site)
        return _save(request, desk, by)
    reason = reason_from(request.user, request.GET.get("query", ""), desk.participant.pk)
    return _page(request, desk, desk.form(reason=reason), Submitted({}, {}, ""))


def _save(request: AuthenticatedHttpRequest, desk: Desk, by: Actor) -> HttpResponse:
    data = with_picks(request.POST, desk, Submitted.of(request.POST).picks)
    submitted = Submitted.of(data)
    form = desk.form(data)
    if "add" in data or not form.is_valid():  # the service, which looks itself, is not reached
        require_open(place_of(desk.visit, "labs"))
    if "add" in data:  # the button for browsers without scripts
        return _page(request, desk, form, submitted.with_row(str(data["add"])))
    if not form.is_valid():
        return _page(request, desk, form, submitted, refused=True)
    try:
        message = _record(request, desk, form, submitted, by)
    except Conflict as conflict:
        return _merge(request, desk.visit.pk, data, conflict)
    except Refused as refused:
        errors = form.refuse(refused.errors)
        return _page(request, desk, form, submitted, errors=errors, refused=True)
    messages.success(request, message)
    return HttpResponseRedirect(reverse("labs:entry", args=[desk.visit.pk]) + "?saved=1")


def _record(
    request: AuthenticatedHttpRequest, desk: Desk, form: HeadForm, submitted: Submitted, by: Actor
) -> str:
    """Save under the form's key. A key that already saved something else gets a new one: then
    it is the version that tells whether anything would be overwritten."""
    head = form.cleaned_data
    done: list[panels.Saved] = []

    def act() -> panels.Saved:
        done.append(
            panels.record_panel(
                visit=desk.visit,
                data=panel_entry(head, submitted.entries),
                base_version=head["version"],
                reason=head["reason"],
                by=by,
            )
        )
        return done[-1]

    body = {
        name: values
        for name, values in request.POST.lists()
        if name not in ("csrfmiddlewaretoken", "key")
    }
    once: dict[str, Any] = {
        "user_id": request.user.pk,
        "body": body,
        "act": act,
        "by": by,
        "reason": head["reason"],
    }
    try:
        panels.record_panel_once(key=submitted.key, **once)
    except KeyReused:
        panels.record_panel_once(key=new_key(), **once)
    if not done:
        return _("This was saved already; nothing was done twice.")
    return _("Saved.") if done[-1].changed else _("Nothing changed, nothing was written.")


def _merge(
    request: AuthenticatedHttpRequest, visit_id: int, data: QueryDict, conflict: Conflict
) -> HttpResponse:
    """Both sides beside each other, to be saved on top of what is stored now."""
    desk = Desk(visible_visit(request, visit_id))
    fresh = on_top_of(data, desk.version)
    found = differences(desk, conflict)
    return _page(request, desk, desk.form(fresh), Submitted.of(fresh), merge=found)


def _page(
    request: AuthenticatedHttpRequest,
    desk: Desk,
    form: HeadForm,
    submitted: Submitted,
    *,
    errors: Mapping[str, Sequence[str]] | None = None,
    merge: Sequence[Difference] = (),
    refused: bool = False,
) -> HttpResponse:
    asked = asked_over(request.user, desk.site.pk, of_visit(request.user, desk.visit.pk))
    source = replace(
        desk.source(form.usable(), errors, asked.flags),
        verified=verified_results(place_of(desk.visit, "labs")),
    )
    rows = desk.rows(source, submitted.entries)
    wanted = [one.code for one in desk.protocol.panel(desk.visit.code)]
    marks = marks_of(place_of(desk.visit, "labs"), request.user)
    closed = why_closed(request.user, desk.participant, marks)
    context = {
        "desk": desk,
        "visit": desk.visit,
        "visit_name": desk.protocol.visit(desk.visit.code).name,
        "participant": desk.participant,
        "panel": desk.panel,
        "form": form,
        "closed": closed,
        "marks": marks,
        "groups": sheet.grouped(rows, wanted),
        "others": [] if closed else sheet.others(source, rows),
        "filled": sum(1 for row in rows if not row.entry.blank and row.code in wanted),
        "asked": len(wanted),
        "queries": asked,
        "sample_queries": asked.apart_from(Result._meta.db_table),
        "reasons_not_done": NotDone.choices,
        "remembered": {
            number: {"isi": str(last.pt_isi or ""), "mnpt": str(last.pt_mnpt or "")}
            for number, last in desk.remembered.items()
        },
        "problems": _problems(form, rows) if refused else [],
        "merge": merge,
        "saved": "saved" in request.GET,
        "standing": desk.standing(),
    }
    status = 409 if merge else 422 if refused else 200
    return render(request, "labs/entry.html", context, status=status)


def _problems(form: HeadForm, rows: Sequence[sheet.Row]) -> list[tuple[str, Any, str]]:
    """Everything that stands in the way: (id of the field, its label, what is wrong)."""
    found: list[tuple[str, Any, str]] = []
    for name, errors in form.errors.items():
        shown = name in form.fields and not form[name].is_hidden
        anchor, label = (form[name].id_for_label, form[name].label) if shown else ("", "")
        found += [(anchor, label, str(error)) for error in errors]
    for row in rows:
        texts = row.errors or ([row.reading.message] if row.reading.judged is None else [])
        found += [(f"v-{row.code}", row.analyte.name, text) for text in texts]
    return found
