"""The trail of what is sealed, for the unblinded; looking at it is noted first."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from randomization.sealed.models import SealedEvent
from randomization.sealed.reading import note_reading
from trial.access.http import AuthenticatedHttpRequest, actor, require
from trial.access.roles import Permission

PAGE = 50
_OF_NO_INTEREST = {"id", "xid"}  # the record's own number stands beside it


@require_safe
@require(Permission.SEALED_LIST)
def trail(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Events of lists, lots, contents and readings, newest first; those of slots are not seen."""
    before = request.GET.get("before", "")
    number = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
    by = actor(request, Permission.SEALED_LIST)
    what = f"trail before {number}" if number is not None else "trail"
    note_reading(kind="trail", what=what, why="looks at the trail of what is sealed", by=by)
    rows = SealedEvent.objects.order_by("-pk")
    found = list((rows.filter(pk__lt=number) if number is not None else rows)[: PAGE + 1])
    context = {
        "lines": [(event, _what(event), _changes(event)) for event in found[:PAGE]],
        "older": f"?before={found[PAGE - 1].pk}" if len(found) > PAGE else "",
        "newest": "?" if number is not None else "",
    }
    return render(request, "unblinding/trail.html", context)


def _what(event: SealedEvent) -> str:
    words = {"insert": _("entered"), "update": _("changed"), "delete": _("removed")}
    return words.get(event.kind, event.kind)


def _changes(event: SealedEvent) -> list[tuple[str, object, object]]:
    """(column, before, after) of what differs; of a new row, what is filled."""
    old, new = event.old or {}, event.new or {}
    names = sorted((set(old) | set(new)) - _OF_NO_INTEREST)
    found = [(name, old.get(name), new.get(name)) for name in names]
    return [(name, was, now) for name, was, now in found if was != now]
