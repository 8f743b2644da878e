"""How one laboratory's file is laid out, as data: JSON or TOML, checked before it is used. Pure."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from labs.entry import NOT_DONE
from labs.importing.dates import known_format
from labs.importing.names import fold, resolve_unit, unit_key
from labs.importing.problems import MappingError
from trial.protocol import registry
from trial.protocol.analytes import Analyte

ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "utf-16")
DELIMITERS = (",", ";", "\t", "|")
LAYOUTS = ("long", "wide")
UNMATCHED = ("unscheduled", "error")
ROLES = {
    "long": ("participant", "date", "visit", "analyte", "value", "unit", "comment"),
    "wide": ("participant", "date", "visit"),
}
_FOLDER = Path(__file__).parent / "mappings"
MAX_TEXT = 200_000


@dataclass(frozen=True, slots=True)
class AnalyteSource:
    """What a laboratory's analyte name (long) or column (wide) stands for, and its fixed unit."""

    code: str
    unit: str = ""
    unit_column: str = ""


@dataclass(frozen=True, slots=True)
class FileMapping:
    """A checked mapping. Keys of analytes, visits, participants, ignored are folded names.

    `columns`: role to header. `date_format` "": only YYYY-MM-DD. `unmatched`: what becomes of a
    sample that no planned visit has room for, an unscheduled visit or an error.
    """

    name: str
    layout: Literal["long", "wide"]
    encoding: str
    delimiter: str
    date_format: str
    columns: Mapping[str, str]
    analytes: Mapping[str, AnalyteSource]
    units: Mapping[str, str]
    visits: Mapping[str, str]
    participants: Mapping[str, str]
    missing: frozenset[str]
    not_done: Mapping[str, str]
    ignored: frozenset[str]
    unmatched: Literal["unscheduled", "error"]


DEFAULTS: Mapping[str, Any] = {
    "name": "",
    "description": "",
    "layout": "long",
    "encoding": "utf-8",
    "delimiter": ",",
    "date_format": "",
    "columns": {},
    "analytes": {},
    "units": {},
    "visits": {},
    "participants": {},
    "missing": ["", "NA", "-"],
    "not_done": {},
    "ignored": [],
    "unmatched": "unscheduled",
}


def load(text: str) -> dict[str, Any]:
    """The table in a JSON or TOML text. Raises MappingError if it is neither."""
    if len(text) > MAX_TEXT:
        raise MappingError("not_text", detail=f"> {MAX_TEXT}")
    try:
        found = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise MappingError("not_text", detail=str(error)[:200]) from None
    if not isinstance(found, dict):
        raise MappingError("not_table")
    return found


@cache
def builtin_names() -> tuple[str, ...]:
    """The mappings that come with the system; the first is the documented default."""
    names = sorted(path.stem for path in _FOLDER.glob("*.json"))
    return ("long", *(name for name in names if name != "long"))


def builtin(name: str) -> dict[str, Any]:
    """The table of a mapping that comes with the system. Raises MappingError."""
    if name not in builtin_names():
        raise MappingError("no_such_mapping", name=name, known=", ".join(builtin_names()))
    return load((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def parse(table: Mapping[str, Any]) -> FileMapping:
    """Check a mapping against the newest protocol's dictionary. Raises MappingError."""
    _check_keys(table)
    given = {**DEFAULTS, **table}
    _check_choices(given)
    layout = given["layout"]
    _check_roles(layout, given["columns"])
    units = {unit_key(alias): unit for alias, unit in given["units"].items()}
    return FileMapping(
        name=given["name"],
        layout=layout,
        encoding=given["encoding"],
        delimiter=given["delimiter"],
        date_format=given["date_format"],
        columns=dict(given["columns"]),
        analytes=_analytes(layout, given["analytes"], units),
        units=units,
        visits={fold(name): code for name, code in given["visits"].items()},
        participants={fold(name): code for name, code in given["participants"].items()},
        missing=frozenset(fold(mark) for mark in given["missing"]) | {""},
        not_done=_not_done(given["not_done"]),
        ignored=frozenset(fold(name) for name in given["ignored"]),
        unmatched=given["unmatched"],
    )


def _check_keys(table: Mapping[str, Any]) -> None:
    for key, value in table.items():
        if key not in DEFAULTS:
            raise MappingError("unknown_key", key=key, known=", ".join(DEFAULTS))
        wanted = type(DEFAULTS[key])
        inner = value.values() if isinstance(value, dict) else value
        texts = key == "analytes" or all(isinstance(part, str) for part in inner or ())
        if not isinstance(value, wanted) or not texts:
            raise MappingError("wrong_type", key=key)


def _check_choices(given: Mapping[str, Any]) -> None:
    choices = {"layout": LAYOUTS, "encoding": ENCODINGS, "unmatched": UNMATCHED}
    for key, known in choices.items():
        if given[key] not in known:
            raise MappingError("unknown_choice", key=key, given=given[key], known=", ".join(known))
    if given["delimiter"] not in DELIMITERS:
        raise MappingError("delimiter", given=given["delimiter"])
    if given["date_format"] and not known_format(given["date_format"]):
        raise MappingError("date_format", given=given["date_format"])


def _check_roles(layout: str, columns: Mapping[str, str]) -> None:
    known = ROLES[layout]
    for role in columns:
        if role not in known:
            raise MappingError("unknown_key", key=f"columns.{role}", known=", ".join(known))
    for role in ("participant", "analyte", "value"):
        if role in known and role not in columns:
            raise MappingError("role_missing", role=role)
    if not {"date", "visit"} & set(columns):
        raise MappingError("role_missing", role="date")


def _analytes(
    layout: str, given: Mapping[str, Any], units: Mapping[str, str]
) -> dict[str, AnalyteSource]:
    known = {analyte.code: analyte for analyte in registry.latest().analytes}
    found = {fold(name): _source(name, what, known, units) for name, what in given.items()}
    if layout == "wide" and not found:
        raise MappingError("no_analytes")
    if layout == "long":  # the dictionary's own codes need no translation
        found = {fold(code): AnalyteSource(code) for code in known} | found
    return found


def _source(
    name: str, what: object, known: Mapping[str, Analyte], units: Mapping[str, str]
) -> AnalyteSource:
    table = {"code": what} if isinstance(what, str) else what
    if not isinstance(table, dict) or set(table) - {"code", "unit", "unit_column"}:
        raise MappingError("wrong_type", key=f"analytes.{name}")
    if not all(isinstance(part, str) for part in table.values()):
        raise MappingError("wrong_type", key=f"analytes.{name}")
    code = table.get("code", "")
    if code not in known:
        raise MappingError("analyte_unknown", name=name, code=code)
    unit = table.get("unit", "")
    if unit:
        unit = resolve_unit(known[code], unit, units)
        if unit not in {each.code for each in known[code].units}:
            raise MappingError("unit_unknown", name=name, unit=unit)
    return AnalyteSource(code, unit, table.get("unit_column", ""))


def _not_done(given: Mapping[str, str]) -> dict[str, str]:
    for reason in given.values():
        if reason not in NOT_DONE:
            raise MappingError("not_done_unknown", given=reason, known=", ".join(NOT_DONE))
    return {fold(mark): reason for mark, reason in given.items()}
