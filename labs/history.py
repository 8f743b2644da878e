"""The trail of one result, read for people."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from labs.models import NotDone, Result
from trial.access.roles import ROLES, Role
from trial.audit.models import Event


@dataclass(frozen=True, slots=True)
class ValueChange:
    """One change of a result: from what to what, by whom in which role, when and why."""

    at: datetime
    who: str
    role: str
    before: str
    after: str
    reason: str
    first: bool


def changes_of(result: Result) -> list[ValueChange]:
    """Every change of a result, newest first. One statement."""
    events = Event.objects.filter(
        table_name=Result._meta.db_table, record_id=str(result.pk)
    ).order_by("-id")
    return [_change(event) for event in events]


def _change(event: Event) -> ValueChange:
    role = ROLES[Role(event.actor_role)].name if event.actor_role in set(Role) else ""
    before, after = _text(event.old), _text(event.new)
    reason = event.reason
    if event.old and event.new and before == after and not reason:
        reason = _("The reference range was read anew.")
    return ValueChange(
        at=event.at,
        who=event.actor,
        role=str(role),
        before=before,
        after=after,
        reason=reason,
        first=event.old is None,
    )


def _text(row: Mapping[str, Any] | None) -> str:
    """A state of the row in words: value and unit as entered, range, flag, comment."""
    if row is None:
        return ""
    if row["not_done"]:
        why = dict(NotDone.choices).get(row["not_done"], row["not_done"])
        text = _("not done: %(why)s") % {"why": why}
    else:
        text = f"{row['text']} {row['unit']}".strip() or _("empty")
    details = [_range(row), row["flag"], row["comment"]]
    return " · ".join([text, *(detail for detail in details if detail)])


def _range(row: Mapping[str, Any]) -> str:
    low, high = (_plain(row[name]) for name in ("range_low", "range_high"))
    if not low and not high:
        return ""
    return _("range %(low)s–%(high)s") % {"low": low or "…", "high": high or "…"}


def _plain(value: object) -> str:
    """A number of the trail without the zeros that its column adds."""
    text = "" if value is None else str(value)
    return text.rstrip("0").rstrip(".") if "." in text else text
