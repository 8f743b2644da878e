"""What exactly is signed, as bytes. Pure.

A signature covers the rows as they were read and everything that makes it this signature: of
which record, by whom, when, with which meaning, under which list of columns. So it verifies for
nothing else: copied to another record, given another meaning or one byte changed, its hash
differs (R-25).
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TypeAlias

Value: TypeAlias = str | int | bool | None


@dataclass(frozen=True, slots=True)
class Row:
    """One covered row. `values`: numbers that are no counts, dates and times are texts."""

    table: str
    id: int
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Head:
    """What makes a signature this one. `schema` is the version of the list of columns."""

    schema: int
    scope: str
    site: str
    participant_id: int
    participant_code: str
    visit_id: int | None
    visit_label: str
    meaning: str
    signer_id: int
    printed_name: str
    username: str
    role: str
    at: datetime


def content(rows: Iterable[Row]) -> list[list[object]]:
    """The rows as plain lists, in the one order: by table, then by id, columns by name."""
    ordered = sorted(rows, key=lambda row: (row.table, row.id))
    return [[row.table, row.id, _typed(row.values)] for row in ordered]


def _typed(values: Mapping[str, Value]) -> list[list[object]]:
    """Each value with its kind, so that 1, "1" and true are three things."""
    return [[name, _KIND[type(values[name])], values[name]] for name in sorted(values)]


_KIND: Mapping[type, str] = {str: "text", int: "int", bool: "bool", type(None): "null"}


def canonical(head: Head, rows: Iterable[Row]) -> bytes:
    """The signed text: JSON without any freedom, in UTF-8.

    Raises ValueError for a time without offset, KeyError for a value of another type.
    """
    if head.at.utcoffset() is None:
        raise ValueError("the time of a signature has an offset")
    at = head.at.astimezone(UTC).isoformat(timespec="microseconds")
    about = {**asdict(head), "at": at}
    return _json([sorted(about.items()), content(rows)])


def _json(value: object) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8")


def digest(head: Head, rows: Iterable[Row]) -> str:
    """SHA-256 of the signed text, in hex."""
    return hashlib.sha256(canonical(head, rows)).hexdigest()


def fingerprint(rows: Iterable[Row]) -> str:
    """SHA-256 of the rows alone: whether what is to be signed is still what was shown."""
    return hashlib.sha256(_json(content(rows))).hexdigest()
