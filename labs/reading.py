"""One typed value read for the person who typed it: what it means, and what stands in its way.

Pure but for its words. The page and the check while typing both show exactly this, and it rests
on the same `judge` that decides what is saved.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.translation import gettext as _

from labs.entry import Entry, Judged, judge
from labs.wording import problem_text, suggestion_text, verdict_text
from trial.protocol.analytes import Analyte
from trial.protocol.checks import Verdict, assess, short
from trial.protocol.numbers import Quantity
from trial.protocol.ranges import RangeRow, choose, flag, in_canonical, times_upper
from trial.protocol.units import UnknownUnit, from_canonical, unit_of
from trial.web.spark import range_bar


@dataclass(frozen=True, slots=True)
class Person:
    """Whose value it is, and on which day: what a reference range depends on."""

    sex: str
    birth_year: int
    on: date

    @property
    def age(self) -> int:
        return self.on.year - self.birth_year


@dataclass(frozen=True, slots=True)
class Reading:
    """A row as it is shown.

    `level`: "" nothing said, "ok", "soft" (must be confirmed), "confirmed", "hard" or "error"
    (refused), "not_done". `low`, `high` are the range in the row's unit, `range_text` says it;
    `limits` are the same in the canonical unit. `canonical` is None unless the value may be kept.
    `suggestions`: (number, unit, sentence).
    """

    level: str
    message: str = ""
    suggestions: tuple[tuple[str, str, str], ...] = ()
    flag: str = ""
    times: str = ""
    shown: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    range_text: str = ""
    canonical: Decimal | None = None
    limits: tuple[Decimal | None, Decimal | None] = (None, None)
    quantity: Quantity | None = None
    judged: Judged | None = None

    def as_json(self) -> dict[str, Any]:
        """What the page's script needs to redraw the row."""
        return {
            "level": self.level,
            "message": self.message,
            "suggestions": [
                {"value": value, "unit": unit, "text": text}
                for value, unit, text in self.suggestions
            ],
            "flag": self.flag,
            "times": self.times,
            "range": self.range_text,
            "bar": range_bar(self.low, self.high, self.shown, self.range_text),
        }


def read(
    analyte: Analyte, entry: Entry, unit: str, rows: Sequence[RangeRow], person: Person
) -> Reading:
    """Read one row. `unit` is the one the row shows (a blank row has one too)."""
    row = choose(rows, person.sex, person.age, person.on)
    low, high = in_canonical(analyte, row) if row else (None, None)
    shown = _bounds(analyte, unit, low, high)
    frame: dict[str, Any] = {"low": shown[0], "high": shown[1], "range_text": range_text(*shown)}
    frame["limits"] = (low, high)
    outcome = judge(analyte, entry, rows, sex=person.sex, age=person.age, on=person.on)
    judged = outcome if isinstance(outcome, Judged) else None
    if not entry.text.strip() or entry.not_done:
        level = "not_done" if entry.not_done and judged else ("" if judged else "error")
        message = "" if judged else problem_text(outcome)  # type: ignore[arg-type]
        return Reading(level, message, judged=judged, **frame)
    verdict = assess(analyte, entry.text, entry.unit)
    if judged is None and verdict.accepted and verdict.level == "ok":
        return Reading("error", problem_text(outcome), **frame)  # type: ignore[arg-type]
    return _valued(analyte, unit, verdict, judged, frame)


def _valued(
    analyte: Analyte,
    unit: str,
    verdict: Verdict,
    judged: Judged | None,
    frame: dict[str, Any],
) -> Reading:
    low, high = frame["limits"]
    level = "confirmed" if judged and verdict.level == "soft" else verdict.level
    mark = verdict.quantity.comparator if verdict.quantity else ""
    value = verdict.canonical
    return Reading(
        level=level,
        message=_first_sentence(verdict),
        suggestions=tuple(
            (one.value_text, one.unit, suggestion_text(one)) for one in verdict.did_you_mean
        ),
        flag="" if value is None else flag(value, mark, low, high),
        times=times_text(mark, value, high),
        shown=_shown(analyte, value, unit),
        canonical=verdict.canonical if verdict.accepted else None,
        quantity=verdict.quantity,
        judged=judged,
        **frame,
    )


def _first_sentence(verdict: Verdict) -> str:
    """The verdict without its suggestions: those are buttons of their own."""
    text = verdict_text(verdict)
    for one in verdict.did_you_mean:
        text = text.replace(suggestion_text(one), "")
    return text.strip()


def _bounds(
    analyte: Analyte, unit: str, low: Decimal | None, high: Decimal | None
) -> tuple[Decimal | None, Decimal | None]:
    try:
        unit_of(analyte, unit)
    except UnknownUnit:
        return low, high
    return (
        None if low is None else from_canonical(analyte, low, unit),
        None if high is None else from_canonical(analyte, high, unit),
    )


def range_text(low: Decimal | None, high: Decimal | None) -> str:
    """ "7–40", "≤ 21", "≥ 40"; a laboratory without a range is said to have none."""
    if low is None and high is None:
        return _("no range")
    if low is None and high is not None:
        return f"≤ {short(high)}"
    if high is None and low is not None:
        return f"≥ {short(low)}"
    return f"{short(low or Decimal(0))}–{short(high or Decimal(0))}"


def times_text(comparator: str, canonical: Decimal | None, high: Decimal | None) -> str:
    """ "3.1" times the upper limit of normal; "" where it is unknown."""
    ratio = None if canonical is None else times_upper(canonical, high)
    if ratio is None:
        return ""
    places = Decimal("0.1") if ratio >= 1 else Decimal("0.01")
    text = ratio.quantize(places, rounding=ROUND_HALF_UP)
    if ratio > 1 and text == 1:  # just above the limit must not read as the limit
        text = ratio.quantize(Decimal("0.001"), rounding=ROUND_HALF_UP)
    return f"{comparator}{text}"


def _shown(analyte: Analyte, value: Decimal | None, unit: str) -> Decimal | None:
    """A canonical value in the row's unit, for its place on the range bar."""
    try:
        return None if value is None else from_canonical(analyte, value, unit)
    except UnknownUnit:
        return None
