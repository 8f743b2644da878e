"""A whole row in one line, where a table has a line for each row."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from reports.records import RecordKind, shown
from trial.web.formats import clock


def row_text(kind: RecordKind, values: Mapping[str, Any]) -> str:
    """Everything that a row holds, in one line: "Heart rate: 80; temperature: 36.6"."""
    said = [
        (label, _one(kind, column, values.get(column))) for column, label in kind.labels.items()
    ]
    return "; ".join(f"{label}: {value}" for label, value in said if value)


_QUIET = ("version", "saved_at", "saved_by")  # how often and by whom a row was saved


def _one(kind: RecordKind, column: str, value: Any) -> str:
    if column in _QUIET:
        return ""
    if isinstance(value, datetime):
        return clock(value, "UTC") + " UTC"
    return shown(kind, column, value)
