"""An event, field by field: what was there, what is there now (R-03)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trial.audit.models import Event


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One column of one row. `old` is None where the row is new, `new` where it is gone."""

    field: str
    old: Any
    new: Any


def field_changes(event: Event) -> list[FieldChange]:
    """The fields that an event changed, in order of their names; none for an act.

    A new row has all its filled fields, a changed one those that differ, bookkeeping left out.
    """
    old: Mapping[str, Any] = event.old or {}
    new: Mapping[str, Any] = event.new or {}
    if event.kind == "update":
        names = event.fields or []
    else:
        names = sorted(name for name, value in {**old, **new}.items() if value not in (None, ""))
    return [FieldChange(name, old.get(name), new.get(name)) for name in names]
