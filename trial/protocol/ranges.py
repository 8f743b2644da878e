"""Choosing a reference range and reading a value against it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from trial.protocol.analytes import Analyte
from trial.protocol.units import convert

Flag = Literal["L", "N", "H", ""]


@dataclass(frozen=True, slots=True)
class RangeRow:
    """A laboratory's reference range for one analyte, in the laboratory's own ``unit``.

    Ages in completed years and dates are inclusive at both ends; None means "any" or "open".
    """

    low: Decimal | None
    high: Decimal | None
    unit: str
    sex: str | None = None
    age_low: int | None = None
    age_high: int | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    id: int | None = None


def choose(rows: Sequence[RangeRow], sex: str | None, age: int | None, on: date) -> RangeRow | None:
    """Return the range that holds for a person on a date, or None.

    The most specific row wins: one for the sex before one for both, then the narrower span of
    ages, then the one in force since the latest date, then the one entered last (highest id).
    A person of unknown sex or age gets only rows that do not ask for it.
    """
    matching = [row for row in rows if _holds(row, sex, age, on)]
    return max(matching, key=_specificity, default=None)


def _holds(row: RangeRow, sex: str | None, age: int | None, on: date) -> bool:
    if row.sex is not None and row.sex != sex:
        return False
    if row.valid_from is not None and on < row.valid_from:
        return False
    if row.valid_to is not None and on > row.valid_to:
        return False
    if age is None:
        return row.age_high is None and not row.age_low
    return (row.age_low or 0) <= age and (row.age_high is None or age <= row.age_high)


def _specificity(row: RangeRow) -> tuple[bool, int, date, int]:
    span = (999 if row.age_high is None else row.age_high) - (row.age_low or 0)
    return (row.sex is not None, -span, row.valid_from or date.min, row.id or 0)


def default_rows(analyte: Analyte) -> tuple[RangeRow, ...]:
    """Return the dictionary's own ranges as rows, for laboratories that have given none."""
    return tuple(
        RangeRow(
            low=default.low,
            high=default.high,
            unit=analyte.canonical_unit.code,
            sex=default.sex,
            age_low=default.age_low,
            age_high=default.age_high,
        )
        for default in analyte.default_ranges
    )


def in_canonical(analyte: Analyte, row: RangeRow) -> tuple[Decimal | None, Decimal | None]:
    """Return (low, high) of a row in the canonical unit; UnknownUnit if its unit is not known."""
    low = None if row.low is None else convert(analyte, row.low, row.unit)
    high = None if row.high is None else convert(analyte, row.high, row.unit)
    return low, high


def flag(value: Decimal, comparator: str, low: Decimal | None, high: Decimal | None) -> Flag:
    """Return "L", "N" or "H", or "" where it cannot be known. All in one unit.

    A bound itself is normal. A censored value ("<5") is flagged only where every value it can
    stand for is flagged alike.
    """
    if low is None and high is None:
        return ""
    if comparator in ("<", "<="):
        return _flag_below(value, comparator, low, high)
    if comparator in (">", ">="):
        return _flag_above(value, comparator, low, high)
    if low is not None and value < low:
        return "L"
    return "H" if high is not None and value > high else "N"


def _flag_below(value: Decimal, comparator: str, low: Decimal | None, high: Decimal | None) -> Flag:
    if low is not None and (value < low or (value == low and comparator == "<")):
        return "L"
    # No laboratory value is negative, so a low bound of 0 leaves no room below the range.
    if low is None or low <= 0:
        return "N" if high is None or value <= high else ""
    return ""


def _flag_above(value: Decimal, comparator: str, low: Decimal | None, high: Decimal | None) -> Flag:
    if high is not None:
        above = value > high or (value == high and comparator == ">")
        return "H" if above else ""
    return "N" if low is None or value >= low else ""


def times_upper(value: Decimal, high: Decimal | None) -> Decimal | None:
    """Return value / upper limit (xULN), both in one unit; None without a positive limit."""
    return None if high is None or high <= 0 else value / high
