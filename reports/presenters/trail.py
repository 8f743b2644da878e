"""Events of the trail as people read them: what, on which record, by whom, when, why, how."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from reports.classification import FIELDS, Kind
from reports.presenters import words
from reports.presenters.acts import act_of
from reports.records import KIND_OF_TABLE, Found
from reports.selectors.changes import named_changes
from reports.selectors.comparison import OF_A_SAVE
from reports.selectors.trail import Names
from trial.audit.models import Event

Text = str | Promise
SHOWN = 8  # changes of one event that a list shows
# A reason that names a query: "query 12", "质疑12".
_QUERY = re.compile(r"(?:query|质疑)\s*#?\s*(\d{1,9})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Change:
    """One field: what was there and what is."""

    field: Text
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Line:
    """One event. `zone` is the site's; `door` the request or job by which it came; `unblinded`:
    the participant's arm was known by then (R-51)."""

    event: Event
    what: str
    record: str
    participant: str
    changes: list[Change]
    more: int
    who: str
    role: str
    reason: str
    query: str
    door: str
    zone: str
    history: str
    unblinded: bool = False


def line(event: Event, names: Names, *, text: bool) -> Line:
    """An event in words; without `text`, nothing that somebody typed freely."""
    found = _changes(event, names, text=text)
    site = names.sites.get(event.site_id or 0)
    return Line(
        event=event,
        what=_what(event),
        record=_record(event, names),
        participant=names.participants.get(event.participant_id or 0, ""),
        changes=found[:SHOWN],
        more=max(0, len(found) - SHOWN),
        who=names.people.get(event.actor, ""),
        role=words.role_of(event.actor_role, event.actor_site),
        reason=event.reason if text or not event.reason else _("(a text, not shown to you)"),
        query=_query(event.reason),
        door=event.request_id,
        zone=site.timezone if site else "",
        history=_history(event),
        unblinded=names.unblinded.before(event.participant_id, event.at),
    )


def history(found: Found, events: Sequence[Event], names: Names, field: str) -> list[Line]:
    """The events of one record that changed what people enter, newest first as given.

    With `field`, those that changed it. Whoever may read the record reads its texts.
    """
    columns = columns_of(found, field)
    lines = []
    for event in events:
        shown = line(event, names, text=True)
        own = [c for c in named_changes(event, names.laboratories) if c.field in columns]
        changes = [_change(event, c.field, c.old, c.new) for c in own]
        if changes or event.kind.startswith("act:"):
            lines.append(_with(shown, changes))
    return lines


def _with(shown: Line, changes: list[Change]) -> Line:
    fields = {name: getattr(shown, name) for name in Line.__slots__}
    return Line(**{**fields, "changes": changes, "more": 0})


def columns_of(found: Found, field: str = "") -> list[str]:
    """The columns whose changes a history shows: that of a field, or all that people enter."""
    return [field] if field else [name for name in found.fields if name not in OF_A_SAVE]


def _changes(event: Event, names: Names, *, text: bool) -> list[Change]:
    kind = KIND_OF_TABLE.get(event.table_name)
    if kind is None and not text:
        return []
    hidden = set() if text or kind is None else {f for f in kind.labels if _is_text(kind.model, f)}
    return [
        _change(event, c.field, c.old, c.new)
        for c in named_changes(event, names.laboratories)
        if c.field not in hidden
        and (kind is None or (c.field in kind.labels and c.field not in OF_A_SAVE))
    ]


def _is_text(model: Any, field: str) -> bool:
    return FIELDS[model._meta.label].get(field) == Kind.IDENTIFYING


def _change(event: Event, field: str, old: Any, new: Any) -> Change:
    table = event.table_name
    return Change(
        field=words.field_of(table, field),
        old=words.value_of(table, field, old),
        new=words.value_of(table, field, new),
    )


def _what(event: Event) -> str:
    if event.kind.startswith("act:"):
        return act_of(event)
    return {"insert": _("entered"), "update": _("changed"), "delete": _("removed")}[event.kind]


def _record(event: Event, names: Names) -> str:
    if not event.table_name:
        return ""
    row: Mapping[str, Any] = event.new or event.old or {}
    visit = names.visits.get(event.visit_id or 0, "")
    return words.record_of(event.table_name, words.mark_of(event.table_name, row), visit)


def _query(reason: str) -> str:
    found = _QUERY.search(reason)
    return _("query %(number)s") % {"number": found.group(1)} if found else ""


def _history(event: Event) -> str:
    kind = KIND_OF_TABLE.get(event.table_name)
    if kind is None or not event.record_id.isdigit():
        return ""
    return reverse("reports:history", args=[kind.code, event.record_id])
