"""What events changed, field by field, with laboratories by name (R-03)."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from labs.models import Laboratory
from trial.audit.changes import FieldChange, field_changes
from trial.audit.models import Event

LABORATORY = "laboratory_id"


def laboratories_in(found: Iterable[Event]) -> Mapping[int, str]:
    """Code and name of the laboratories that events tell of, by id; at most one statement."""
    rows: list[Mapping[str, Any]] = [
        row for event in found for row in (event.old, event.new) if row
    ]
    ids = {row[LABORATORY] for row in rows if row.get(LABORATORY) is not None}
    known = Laboratory.objects.in_bulk(sorted(ids)) if ids else {}
    return {pk: str(laboratory) for pk, laboratory in known.items()}


def named_changes(event: Event, laboratories: Mapping[int, str]) -> list[FieldChange]:
    """The fields that an event changed, a laboratory as people call it, not by its number."""
    return [
        replace(one, old=laboratories.get(one.old, one.old), new=laboratories.get(one.new, one.new))
        if one.field == LABORATORY
        else one
        for one in field_changes(event)
    ]
