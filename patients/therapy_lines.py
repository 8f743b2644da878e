"""The lines of the AIH treatment as the dose rules take them (clinical rules §7). Pure.

A line without a drug, or whose dates can't be (the edit checks refuse them), is no regimen. Each
regimen keeps the number of its line.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from patients import steroids
from patients.regimens import Course, Regimen, RegimenError, courses
from trial.protocol.partial import PartialDate, parse
from trial.protocol.therapy import Drug, Immunosuppressant, Steroid, SteroidParameters
from trial.protocol.truth import Truth, any_true

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class TherapyLine:
    """A line of the form: its number, its answers, and its regimen."""

    number: int
    answers: Mapping[str, Any]
    regimen: Regimen

    @property
    def drug(self) -> Drug:
        return self.regimen.drug

    @property
    def is_steroid(self) -> bool:
        return isinstance(self.regimen.drug, Steroid)

    @property
    def first_day(self) -> date | None:
        """The day it began; None where that is not known to the day."""
        start = self.regimen.start
        return start.earliest if start is not None and start.whole else None

    @property
    def for_relapse(self) -> Truth:
        """Whether relapse or disease activity is why: the indication says so, or what led to the
        dose (§3.2 (c))."""
        reasons = (self.answers.get("indication"), self.answers.get("change_reason"))
        return any_true(*(one == "relapse" if one else None for one in reasons))


def lines_of(rows: Iterable[tuple[int, Mapping[str, Any]]]) -> tuple[TherapyLine, ...]:
    """The lines of (number, answers), in the order given."""
    found = []
    for number, answers in rows:
        regimen = _regimen(answers)
        if regimen is not None:
            found.append(TherapyLine(number, answers, regimen))
    return tuple(found)


def steroids_in(lines: Iterable[TherapyLine]) -> tuple[Regimen, ...]:
    """The regimens of steroids alone."""
    return tuple(line.regimen for line in lines if line.is_steroid)


def of_drug(lines: Iterable[TherapyLine], drug: Drug) -> tuple[Regimen, ...]:
    """The regimens of one drug alone."""
    return tuple(line.regimen for line in lines if line.drug is drug)


def raised_by(
    line: TherapyLine, lines: Sequence[TherapyLine], parameters: SteroidParameters
) -> Truth:
    """Whether a line begins with more than was taken the day before: begun, resumed, increased.

    Steroids are compared in sum, any other drug with itself. None while it is open, as where the
    line's first day is not known.
    """
    on = line.first_day
    if on is None:
        return None
    if line.is_steroid:
        return steroids.raised(steroids_in(lines), on, parameters)
    return _more_of(of_drug(lines, line.drug), on, parameters)


def dose_of(
    regimens: Sequence[Regimen], on: date, parameters: SteroidParameters
) -> tuple[Decimal, Decimal | None]:
    """The mg of one drug on a day, at least and at most; no upper bound where a dose is missing."""
    taken = courses(regimens, parameters)
    least = sum((_mg(one) or Decimal(0) for one in taken if one.surely(on)), Decimal(0))
    most = [_mg(one) for one in taken if one.perhaps(on)]
    if None in most:
        return least, None
    return least, sum((one for one in most if one is not None), Decimal(0))


def _mg(course: Course) -> Decimal | None:
    return course.regimen.daily_mg


def _more_of(regimens: Sequence[Regimen], on: date, parameters: SteroidParameters) -> Truth:
    """As `steroids.raised`, of one drug: beginning is more whatever the dose."""
    taken = courses(regimens, parameters)
    yesterday = on - _DAY
    began = any(one.surely(on) for one in taken)
    if began and not any(one.perhaps(yesterday) for one in taken):
        return True
    before = dose_of(regimens, yesterday, parameters)
    now = dose_of(regimens, on, parameters)
    if before[1] is not None and now[0] > before[1]:
        return True
    return False if now[1] is not None and now[1] <= before[0] else None


def _regimen(answers: Mapping[str, Any]) -> Regimen | None:
    drug = _drug(answers.get("drug"))
    if drug is None:
        return None
    ongoing = answers.get("ongoing") is True
    stop = None if ongoing else _day(answers.get("stopped"))
    try:
        return Regimen(drug, answers.get("daily_mg"), _day(answers.get("started")), stop, ongoing)
    except RegimenError:
        return None


def _drug(code: str | None) -> Drug | None:
    if not code:
        return None
    known = {one.value for one in Steroid}
    return Steroid(code) if code in known else Immunosuppressant(code)


def _day(text: str | None) -> PartialDate | None:
    return parse(text) if text else None
