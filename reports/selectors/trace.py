"""From an exported cell back to its source: the row, and the events that made it what it is."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q

from patients.models import Consent
from reports.sources import SOURCES, Source, row_of
from trial.audit.models import Event
from trial.quality.casebook import FORM_OF_TABLE

SIGNED = ("act:signed", "act:verified", "act:verification_withdrawn")
WRITES = ("insert", "update", "delete")  # the others are acts


def trace(dataset: str, column: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """Everything behind one cell of a row that the user may see; one statement over the trail.

    `row` has the exported columns and the ids of its participant and visit.
    """
    source = SOURCES[dataset][column]
    keys = {**row, "consent_id": _consent(source, row)}
    number = row_of(source, keys)
    events = list(_events(source, number, row)) if number else []
    own = [event for event in events if event.table_name == source.table]
    changes = [event for event in own if _touches(event, source.fields)]
    newest = next((event.new for event in own if event.kind in WRITES), None)
    return {
        "source": {
            "table": source.table,
            "id": number,
            "fields": list(source.fields),
            "form": FORM_OF_TABLE.get(source.table),
            "version": (newest or {}).get("version"),
        },
        "changes": [_change(event, source.fields) for event in changes],
        "signatures": [_act(event) for event in events if event.kind in SIGNED],
        "made_from": _made_from(row),
    }


def _consent(source: Source, row: Mapping[str, Any]) -> int | None:
    """The consent whose version is exported: the one that was given first."""
    if source.table != "patients_consent":
        return None
    consents = Consent.objects.filter(participant_id=row["id"]).order_by("given_at")
    return consents.values_list("pk", flat=True).first()


def _events(source: Source, number: str, row: Mapping[str, Any]) -> Any:
    """The events of the source row, and signatures over where it belongs, newest first."""
    of_row = Q(table_name=source.table, record_id=number)
    person, visit = row.get("participant_id"), row.get("visit_id")
    signed = Q(kind__in=SIGNED, participant_id=person) & (Q(visit_id=None) | Q(visit_id=visit))
    return Event.objects.filter(of_row | signed if person else of_row).order_by("-id")


def _touches(event: Event, fields: tuple[str, ...]) -> bool:
    if event.kind == "insert" or not fields:
        return event.kind in WRITES
    named = {*(event.fields or ()), *_different(event)}
    return event.kind == "delete" or bool(named & set(fields))


def _different(event: Event) -> set[str]:
    """Bookkeeping columns too: an exported version is a cell like any other."""
    old, new = event.old or {}, event.new or {}
    return {name for name in new if old.get(name) != new[name]}


def _change(event: Event, fields: tuple[str, ...]) -> dict[str, Any]:
    old, new = event.old or {}, event.new or {}
    return {
        **_act(event),
        "version": new.get("version"),
        "old": {name: old.get(name) for name in fields} if event.old else None,
        "new": {name: new.get(name) for name in fields} if event.new else None,
    }


def _act(event: Event) -> dict[str, Any]:
    return {
        "event": event.pk,
        "kind": event.kind,
        "at": event.at.isoformat(),
        "user": event.actor,
        "role": event.actor_role,
        "site": event.actor_site,
        "reason": event.reason,
        "request": event.request_id,
    }


def _made_from(row: Mapping[str, Any]) -> dict[str, Any]:
    """For computed rows: the results that went in, and the run that computed it."""
    names = ("input_result_ids", "inputs", "run_id", "formula_version", "rule_version")
    return {name: row[name] for name in names if row.get(name) is not None}
