"""From a row's cells to values with their place in the file. Pure: no database, no clock."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from labs.entry import Entry
from labs.importing.dates import DateError, parse_date
from labs.importing.mapping import AnalyteSource, FileMapping
from labs.importing.names import fold, only_unit, resolve_unit
from labs.importing.problems import FileError, Finding
from patients.codes import normalise
from trial.protocol import registry

MAX_CELL = 200
_code = lru_cache(maxsize=20_000)(normalise)  # a file names each participant many times
MAX_COMMENT = 1_000


@dataclass(frozen=True, slots=True)
class Head:
    """Whose sample a row is about, as the file says: code, visit code ("" none), day."""

    participant: str
    visit: str
    on: date | None


@dataclass(frozen=True, slots=True)
class Value:
    """One result of a row: where it stands, its analyte, and the entry a form would have made."""

    line: int
    column: str
    analyte: str
    entry: Entry


@dataclass(slots=True)
class Row:
    """What the row that begins on `line` holds. Without `head` nothing of it can be used."""

    line: int
    head: Head | None = None
    values: list[Value] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    blanks: int = 0


class RowReader:
    """Reads rows under one mapping and one header. Raises FileError for a header that lacks
    a column, or has one twice."""

    def __init__(self, mapping: FileMapping, header: Sequence[str]) -> None:
        self._mapping = mapping
        self._header = list(header)
        self._places = _places(header)
        self._roles = {role: self._find(name) for role, name in self._wanted().items()}
        self._sources = self._columns() if mapping.layout == "wide" else []
        self._used = sorted({*self._roles.values(), *(source[0] for source in self._sources)})
        self._analytes = {analyte.code: analyte for analyte in registry.latest().analytes}

    def _wanted(self) -> Mapping[str, str]:
        """The columns that must be there. One of visit and date, unit and comment may lack."""
        columns = self._mapping.columns
        when = [role for role in ("visit", "date") if role in columns]
        here = [role for role in when if fold(columns[role]) in self._places] or when
        optional = {r for r in ("unit", "comment") if fold(columns.get(r, "")) not in self._places}
        return {
            role: name
            for role, name in columns.items()
            if role not in optional and (role in here or role not in when)
        }

    def _find(self, name: str) -> int:
        found = self._places.get(fold(name), [])
        if not found:
            raise FileError("column_missing", column=name, header=", ".join(self._header)[:300])
        if len(found) > 1:
            raise FileError("column_twice", column=name)
        return found[0]

    def _columns(self) -> list[tuple[int, str, AnalyteSource, int | None]]:
        """(place, header, what it is, place of its unit) of each analyte column of a wide file."""
        found = []
        for name, source in self._mapping.analytes.items():
            place = self._find(name)
            unit = self._find(source.unit_column) if source.unit_column else None
            found.append((place, self._header[place].strip(), source, unit))
        return found

    def read(self, line: int, cells: Sequence[str]) -> Row:
        """The row that begins on `line`, with an error for each cell that can't be used."""
        row = Row(line)
        if len(cells) != len(self._header):
            params = {"found": len(cells), "expected": len(self._header)}
            row.findings.append(Finding("error", "columns_differ", line, params=params))
            return row
        self._check_cells(row, line, cells)
        if row.findings:
            return row
        head = self._head(row, line, cells)
        if head is None:
            return row
        if self._mapping.layout == "wide":
            self._wide(row, head, line, cells)
        else:
            self._long(row, head, line, cells)
        row.head = head
        return row

    def _check_cells(self, row: Row, line: int, cells: Sequence[str]) -> None:
        whole = "".join(cells)
        if len(whole) <= MAX_CELL and whole.isascii() and whole.isprintable():
            return
        comment = self._roles.get("comment")
        for place in self._used:
            limit = MAX_COMMENT if place == comment else MAX_CELL
            text, column = cells[place], self._header[place].strip()
            hidden = hidden_character(text)
            if len(text) > limit:
                params: dict[str, object] = {"max": limit}
                row.findings.append(
                    Finding("error", "cell_too_long", line, column, given=text[:40], params=params)
                )
            elif hidden:
                params = {"character": hidden}
                row.findings.append(
                    Finding("error", "control_character", line, column, params=params)
                )

    def _cell(self, role: str, cells: Sequence[str]) -> tuple[str, str]:
        """(text, header) of a role's cell; empty for a role the mapping does not name."""
        place = self._roles.get(role)
        return ("", "") if place is None else (cells[place].strip(), self._header[place].strip())

    def _head(self, row: Row, line: int, cells: Sequence[str]) -> Head | None:
        written, column = self._cell("participant", cells)
        code = _code(self._mapping.participants.get(fold(written), written))
        if code is None:
            wrong = "participant_unreadable" if written else "participant_missing"
            row.findings.append(Finding("error", wrong, line, column, given=written))
            return None
        text, column = self._cell("visit", cells)
        visit = self._visit(row, line, column, code, text)
        text, column = self._cell("date", cells)
        on = self._day(row, line, column, code, text)
        if row.findings:
            return None
        if not visit and on is None:
            row.findings.append(Finding("error", "date_missing", line, column, code))
            return None
        return Head(code, visit, on)

    def _visit(self, row: Row, line: int, column: str, code: str, text: str) -> str:
        if fold(text) in self._mapping.missing:
            return ""
        visit = self._mapping.visits.get(fold(text), text.upper())
        if visit not in {known.code for known in registry.latest().visits}:
            row.findings.append(Finding("error", "visit_unknown", line, column, code, given=text))
        return visit

    def _day(self, row: Row, line: int, column: str, code: str, text: str) -> date | None:
        if fold(text) in self._mapping.missing:
            return None
        try:
            return parse_date(text, self._mapping.date_format)
        except DateError as error:
            params = {"format": self._mapping.date_format or "YYYY-MM-DD"}
            row.findings.append(
                Finding("error", error.code, line, column, code, given=text, params=params)
            )
            return None

    def _long(self, row: Row, head: Head, line: int, cells: Sequence[str]) -> None:
        name, column = self._cell("analyte", cells)
        if fold(name) in self._mapping.ignored:
            row.blanks += 1
            return
        source = self._mapping.analytes.get(fold(name))
        if source is None:
            wrong = "analyte_unknown" if name else "analyte_missing"
            row.findings.append(Finding("error", wrong, line, column, head.participant, given=name))
            return
        text, column = self._raw("value", cells)
        unit = source.unit or self._cell("unit", cells)[0]
        comment = self._cell("comment", cells)[0]
        self._value(row, head, line, column, source, text, unit, comment)

    def _raw(self, role: str, cells: Sequence[str]) -> tuple[str, str]:
        place = self._roles[role]
        return cells[place].strip(), self._header[place].strip()

    def _wide(self, row: Row, head: Head, line: int, cells: Sequence[str]) -> None:
        for place, column, source, unit_place in self._sources:
            unit = source.unit if unit_place is None else cells[unit_place].strip()
            self._value(row, head, line, column, source, cells[place].strip(), unit, "")

    def _value(
        self,
        row: Row,
        head: Head,
        line: int,
        column: str,
        source: AnalyteSource,
        text: str,
        unit: str,
        comment: str,
    ) -> None:
        mark = fold(text)
        if mark in self._mapping.not_done:
            entry = Entry(not_done=self._mapping.not_done[mark], comment=comment)
        elif mark in self._mapping.missing:
            row.blanks += 1
            return
        else:
            analyte = self._analytes[source.code]
            known = resolve_unit(analyte, unit, self._mapping.units) or only_unit(analyte)
            if not known:
                finding = Finding(
                    "error", "unit_missing", line, column, head.participant, source.code, text
                )
                row.findings.append(finding)
                return
            entry = Entry(text=text, unit=known, comment=comment)
        row.values.append(Value(line, column, source.code, entry))


def _places(header: Sequence[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for place, name in enumerate(header):
        found.setdefault(fold(name), []).append(place)
    return found


def hidden_character(text: str) -> str:
    """The first character that a reader can't see or that moves what is seen, as U+XXXX; or ""."""
    if text.isascii() and text.isprintable():
        return ""
    for character in text:
        if character in "\r\n\t":
            continue
        category = unicodedata.category(character)
        if category.startswith("C") or category in ("Zl", "Zp") or character == "\ufffd":
            return f"U+{ord(character):04X}"
    return ""
