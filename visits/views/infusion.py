"""The infusion form: drawn whole, saved section by section, judged while it is filled in."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from trial.access import policy
from trial.access.exceptions import Refused
from trial.access.http import AuthenticatedHttpRequest, actor, require
from trial.access.roles import Permission
from trial.quality.selectors.asked import asked_over, of_visit, reason_from
from trial.quality.selectors.holds import require_open
from trial.quality.selectors.marks import marks_of
from visits.infusion_board import Board, Part
from visits.infusion_sections import UnknownSection
from visits.models import Bag
from visits.places import place_of
from visits.selectors.visits import visit_name
from visits.services import infusions
from visits.views.bags import bag_or_404

RECORD = Permission.VISIT_RECORD


@require_GET
@require(Permission.REPORT_VIEW)
def page(request: AuthenticatedHttpRequest, number: str) -> HttpResponse:
    """The whole form of a bag's infusion."""
    bag = _bag(request, number)
    person = bag.reserved_for_id or 0
    reason = reason_from(request.user, request.GET.get("query", ""), person)
    return _draw(request, Board(bag, reason=reason))


@require_POST
@require(RECORD)
def save(request: AuthenticatedHttpRequest, number: str, section: str) -> HttpResponse:
    """Store one section; asked by the form itself, the answer is the form as it is now."""
    bag = _bag(request, number)
    by = actor(request, RECORD, bag.site)
    board = Board(bag)
    part = _part(board, section, request)
    if not part.good:
        require_open(place_of(board.visit, "infusion"))
        return _refuse(request, board, part, Refused({}))
    about = part.about.cleaned_data
    try:
        _changed, replayed = infusions.record_once(
            key=about["key"], bag=bag, entries=part.entries, by=by, reason=about["reason"]
        )
    except Refused as refused:
        return _refuse(request, board, part, refused)
    if request.htmx:
        return _draw(request, Board(_bag(request, number)))
    text = _("This was saved already; nothing was done twice.") if replayed else _("Saved.")
    messages.success(request, text)
    return redirect("bags:infusion", number)


@require_POST
@require(RECORD)
def check(request: AuthenticatedHttpRequest, number: str, section: str) -> HttpResponse:
    """What the figures typed so far say: the dose against its order, or alerts."""
    bag = _bag(request, number)
    actor(request, RECORD, bag.site)
    board = Board(bag)
    part = _part(board, section, request)
    context = {"told": board.live(section, request.POST), "kind": part.form.section.kind}
    return render(request, "product/_live.html", context)


def _bag(request: AuthenticatedHttpRequest, number: str) -> Bag:
    """A bag that is, or was, somebody's; 404 for every other one."""
    bag = bag_or_404(request, number, Permission.REPORT_VIEW)
    if bag.visit_id is None:
        raise Http404
    return bag


def _part(board: Board, section: str, request: AuthenticatedHttpRequest) -> Part:
    try:
        return board.part(section, request.POST)
    except UnknownSection:
        raise Http404 from None


def _refuse(
    request: AuthenticatedHttpRequest, board: Board, part: Part, refused: Refused
) -> HttpResponse:
    """The form with what was typed, why it was refused, and a key for the next try."""
    part.refuse(refused)
    board.typed = part
    return _draw(request, board, status=refused.page_status)


def _draw(request: AuthenticatedHttpRequest, board: Board, status: int = 200) -> HttpResponse:
    user, visit = request.user, board.visit
    marks = marks_of(place_of(visit, "infusion"), user)
    writes = bool(policy.can(user, RECORD, board.site)) and marks.hold is None
    board.may_write = writes
    context = {
        "board": board,
        "bag": board.bag,
        "participant": board.participant,
        "visit": visit,
        "visit_name": visit_name(visit),
        "marks": marks,
        "queries": asked_over(user, board.site.pk, of_visit(user, visit.pk)),
        "may_handle": policy.can(user, Permission.PRODUCT_HANDLE, board.site),
    }
    template = "product/_infusion.html" if request.htmx else "product/infusion.html"
    return render(request, template, context, status=status)
