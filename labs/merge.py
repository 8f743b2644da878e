"""Two people saved one panel: both sides beside each other, and what becomes of the choice."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from labs.desk import Desk
from labs.forms import FIELD_OF, initial_of, new_key
from labs.models import NotDone, SampleState
from trial.access.exceptions import Conflict
from trial.protocol.label import Label

STORED, YOURS = "stored", "yours"


@dataclass(frozen=True, slots=True)
class Difference:
    """One field on which the two sides differ; `pick` is the side that is chosen at first."""

    field: str
    label: Label | str
    stored: str
    yours: str
    pick: str


def differences(desk: Desk, conflict: Conflict) -> list[Difference]:
    """The fields to choose between. Stored values are kept unless there is none yet."""
    return [_difference(desk, entry) for entry in conflict.difference]


def _difference(desk: Desk, entry: Mapping[str, Any]) -> Difference:
    field = FIELD_OF.get(entry["field"], entry["field"])
    known = {analyte.code: analyte.name for analyte in desk.protocol.analytes}
    if field in known:
        label: Label | str = known[field]
        stored, yours = _row_text(entry["stored"]), _row_text(entry["yours"])
    else:
        label = str(desk.form().fields[field].label)
        stored, yours = (_head_text(desk, field, entry[side]) for side in (STORED, YOURS))
    return Difference(field, label, stored, yours, STORED if stored else YOURS)


def _row_text(side: Mapping[str, Any]) -> str:
    """ "62 U/L", "not done: sample lost", with what was remarked."""
    text = f"{side['text']} {side['unit']}".strip() if str(side["text"]).strip() else ""
    if side["not_done"]:
        words = dict(NotDone.choices)
        why = str(words.get(side["not_done"], side["not_done"]))
        text = _("not done: %(why)s") % {"why": why}
    if side["comment"]:
        text += f" ({side['comment']})"
    return text


def _head_text(desk: Desk, field: str, value: str) -> str:
    if field == "laboratory":
        return next((str(one) for one in desk.laboratories if str(one.pk) == value), value)
    if field == "sample_state":
        return str(dict(SampleState.choices).get(value, value))
    if field == "dialysis":
        return {"True": _("yes"), "False": _("no")}.get(value, "")
    return value[:5] if field == "collected_time" else value


def with_picks(data: QueryDict, desk: Desk, picks: Mapping[str, str]) -> QueryDict:
    """The form with the stored side put in wherever it was picked."""
    if desk.panel is None or STORED not in picks.values():
        return data
    merged = data.copy()
    head = initial_of(desk.panel)
    for field, side in picks.items():
        if side != STORED:
            continue
        if field in head:
            merged[field] = _as_typed(head[field])
        else:
            _put_row(merged, desk, field)
    return merged


def _as_typed(value: Any) -> str:
    return "" if value is None else str(value)[:5] if hasattr(value, "hour") else str(value)


def _put_row(merged: QueryDict, desk: Desk, code: str) -> None:
    entry = desk.stored_entries().get(code)
    for letter, value in (
        ("v", entry.text if entry else ""),
        ("u", entry.unit if entry else merged.get(f"u-{code}", "")),
        ("n", entry.not_done if entry else ""),
        ("c", entry.comment if entry else ""),
        ("k", "1" if entry and entry.confirmed else ""),
    ):
        merged[f"{letter}-{code}"] = value


def on_top_of(data: QueryDict, version: int) -> QueryDict:
    """The same form, to be saved over the version that is stored now."""
    fresh = data.copy()
    fresh["version"], fresh["key"] = str(version), new_key()
    return fresh
