"""One case: what happened, the decision, its clocks, what was reported, and what is to be done."""

from itertools import pairwise
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from safety.cases import Stage, first_report
from safety.forms import OutsideForm, ReceiptForm, SubmitForm
from safety.presenting import (
    clock_line,
    context_of,
    contradictions,
    decision_lines,
    form_of,
    sheets_of,
    waits_for,
)
from safety.selectors.cases import Held, sponsor_zone
from safety.services.reports import current
from safety.versions import differences, lines_of, missing_of
from safety.views.frame import case_or_404, held_or_404
from trial.access.http import AuthenticatedHttpRequest, require
from trial.access.policy import can
from trial.access.roles import Permission
from trial.protocol.safety import Party


@require_safe
@require(Permission.REPORT_VIEW)
def case(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """The page of a case."""
    return draw(request, held_or_404(request, pk))


@require_safe
@require(Permission.REPORT_VIEW)
def version(request: AuthenticatedHttpRequest, pk: int, number: int) -> HttpResponse:
    """A frozen version of the report, to be read and printed."""
    found = case_or_404(request, pk)
    frozen = get_object_or_404(found.versions.prefetch_related("submissions"), number=number)
    context = {
        "case": found,
        "participant": found.participant,
        "version": frozen,
        "elements": lines_of(frozen.content),
        "missing": missing_of(frozen.content),
        "sponsor_zone": sponsor_zone().key,
    }
    return render(request, "safety/report.html", context)


def draw(
    request: AuthenticatedHttpRequest,
    held: Held,
    *,
    submit: SubmitForm | None = None,
    outside: OutsideForm | None = None,
    receipt: ReceiptForm | None = None,
    of: int = 0,
    status: int = 200,
) -> HttpResponse:
    """The page of a case; a form that was refused is shown with what was typed. `of`: the report
    whose receipt was refused."""
    user, site = request.user, held.case.participant.site_id
    assesses = bool(can(user, Permission.SAFETY_ASSESS, site))
    zone = sponsor_zone()
    to_send = [one for one in held.standing.clocks
               if one.due.sender is Party.SPONSOR and one.runs]  # fmt: skip
    context = context_of(held) | {
        "form_code": form_of(held),
        "clocks": [clock_line(one, held) for one in held.standing.clocks],
        "decision": decision_lines(held),
        "waits_for": waits_for(held),
        "sheets": sheets_of(held),
        "contradictions": contradictions(held),
        "history": held.case.seriousness.all(),
        "first": first_report(held.known) is None,
        "may_submit": bool(can(user, Permission.VISIT_RECORD, site)) and _may_be_sent(held),
        "may_assess": assesses,
        "may_read_reasons": bool(can(user, Permission.TRAIL_TEXT, site)),
        "submit": submit or SubmitForm(),
        "outside": outside or (OutsideForm(to_send, zone) if assesses and to_send else None),
        "receipt": receipt or ReceiptForm(zone),
        "receipt_of": of,
        "sponsor_zone": zone.key,
        **_reported(held),
    }
    return render(request, "safety/case.html", context, status=status)


def _may_be_sent(held: Held) -> bool:
    """A case that was withdrawn before anything went out has nothing to be reported."""
    return held.standing.stage != Stage.WITHDRAWN or bool(held.known.sent)


def _reported(held: Held) -> dict[str, Any]:
    """Versions with what each says otherwise than the one before, and what is otherwise now."""
    versions = list(held.case.versions.all())
    changed = {
        newer.number: differences(older.content, newer.content)
        for older, newer in pairwise(versions)
    }
    now = current(held)
    sent = held.case.submissions.select_related("version", "receipt")
    return {
        "versions": [(one, changed.get(one.number, []), one.number) for one in versions],
        "submissions": [(one, getattr(one, "receipt", None)) for one in sent.order_by("-pk")],
        "since_last": differences(versions[-1].content, now) if versions else [],
        "missing_now": missing_of(now),
    }
