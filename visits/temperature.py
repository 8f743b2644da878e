"""A logger's file, and when it was outside its limits (clinical rules §8.2). Pure, and blind.

The file has two columns, `time` and `temperature`: ISO 8601 with an offset, °C. What is wrong is
said with its line; a file with errors is taken as a whole or not at all.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum

COLUMNS = ["time", "temperature"]
MOST_BYTES = 2_000_000
MOST_ERRORS = 50
COLDEST, WARMEST = Decimal(-200), Decimal(100)


class Fault(StrEnum):
    """What is wrong with a line; the screen has the words."""

    NOT_TEXT = "not_text"
    HEADER = "header"
    EMPTY = "empty"
    TOO_LONG = "too_long"
    COLUMNS = "columns"
    TIME = "time"
    OFFSET = "offset"
    ORDER = "order"
    NUMBER = "number"
    IMPLAUSIBLE = "implausible"


@dataclass(frozen=True, slots=True)
class Problem:
    """A fault and its line; the first line is 1."""

    line: int
    fault: Fault


class LogError(ValueError):
    """The file can't be used; `problems` says why, in the order of lines."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = list(problems)


@dataclass(frozen=True, slots=True)
class Reading:
    """One measurement."""

    at: datetime
    celsius: Decimal


@dataclass(frozen=True, slots=True)
class Outside:
    """A stretch of readings outside the limits, from its first to its last."""

    began_at: datetime
    ended_at: datetime
    lowest: Decimal
    highest: Decimal


def read(data: bytes) -> list[Reading]:
    """The readings of a file, in their order. Raises LogError."""
    if len(data) > MOST_BYTES:
        raise LogError([Problem(1, Fault.TOO_LONG)])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise LogError([Problem(1, Fault.NOT_TEXT)]) from None
    rows = _rows(text)
    if not rows or [cell.strip().lower() for cell in rows[0]] != COLUMNS:
        raise LogError([Problem(1, Fault.HEADER)])
    readings, problems = _parse(rows)
    if problems:
        raise LogError(problems[:MOST_ERRORS])
    if not readings:
        raise LogError([Problem(2, Fault.EMPTY)])
    return readings


def _rows(text: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        return list(reader)
    except csv.Error:  # a cell without an end, such as of a file that is no table
        raise LogError([Problem(reader.line_num, Fault.COLUMNS)]) from None


def _parse(rows: Sequence[Sequence[str]]) -> tuple[list[Reading], list[Problem]]:
    readings: list[Reading] = []
    problems: list[Problem] = []
    for line, row in enumerate(rows[1:], start=2):
        if not row:
            continue
        found = _reading(row)
        if isinstance(found, Reading) and readings and found.at <= readings[-1].at:
            found = Fault.ORDER
        if isinstance(found, Reading):
            readings.append(found)
        else:
            problems.append(Problem(line, found))
    return readings, problems


def _reading(row: Sequence[str]) -> Reading | Fault:
    if len(row) != len(COLUMNS):
        return Fault.COLUMNS
    try:
        at = datetime.fromisoformat(row[0].strip())
    except ValueError:
        return Fault.TIME
    if at.utcoffset() is None:
        return Fault.OFFSET
    text = row[1].strip()
    try:
        celsius = Decimal(text)
    except InvalidOperation:
        return Fault.NUMBER
    if "_" in text:  # "1_0" is ten to Python alone
        return Fault.NUMBER
    plausible = celsius.is_finite() and COLDEST <= celsius <= WARMEST
    return Reading(at, celsius) if plausible else Fault.IMPLAUSIBLE


def outside(readings: Sequence[Reading], low: Decimal, high: Decimal) -> list[Outside]:
    """Every stretch outside the limits; on a limit is within."""
    return [
        Outside(
            run[0].at,
            run[-1].at,
            min(one.celsius for one in run),
            max(one.celsius for one in run),
        )
        for run in _runs(readings, low, high)
    ]


def _runs(readings: Sequence[Reading], low: Decimal, high: Decimal) -> Iterator[list[Reading]]:
    run: list[Reading] = []
    for one in readings:
        if low <= one.celsius <= high:
            if run:
                yield run
            run = []
        else:
            run.append(one)
    if run:
        yield run
