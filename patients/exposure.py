"""What a participant has taken of steroids and azathioprine, with bounds (clinical rules §7). Pure.

Dates may be partial and doses missing: sums are given as a least and a greatest amount, and what
is open stays open.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from patients.azathioprine import per_kg, too_high
from patients.regimens import Overlap, Regimen, Span, courses, gaps, overlaps
from patients.steroids import (
    Amount,
    FirstDay,
    cumulative_dose,
    daily_dose,
    first_low_day,
    steroid_free,
)
from patients.therapy_lines import TherapyLine, dose_of, of_drug, steroids_in
from trial.protocol.therapy import AzathioprineParameters, Immunosuppressant, SteroidParameters
from trial.protocol.truth import Truth

_DAY = timedelta(days=1)
Weights = Sequence[tuple[date, Decimal]]


@dataclass(frozen=True, slots=True)
class Exposure:
    """Steroids from the first intake until a day, in mg of prednisolone.

    `first` is the earliest the first line may have begun, `first_exact` whether it is known to the
    day; `cumulative` is from then on. `low` is the first day at or below the low dose,
    `free_since` the first day without any that lasts until `until`, None while one is, or may be,
    taken.
    """

    first: date
    first_exact: bool
    until: date
    today: Amount
    cumulative: Amount
    low: FirstDay
    free: Truth
    free_since: FirstDay | None
    gaps: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Azathioprine:
    """The dose of a day: `mg` None while not known, `high` whether it is above the limit."""

    mg: Decimal | None
    per_kg: Decimal | None
    high: Truth


def exposure_of(
    lines: Sequence[TherapyLine], until: date, parameters: SteroidParameters
) -> Exposure | None:
    """The steroids of a participant; None where no line says when one was begun."""
    regimens = steroids_in(lines)
    begun = [one.start.earliest for one in regimens if one.start is not None]
    if not begun or min(begun) > until:
        return None
    first = min(begun)
    free = steroid_free(regimens, until, parameters)
    return Exposure(
        first=first,
        first_exact=first == _surely_begun(regimens, first),
        until=until,
        today=daily_dose(regimens, until, parameters),
        cumulative=_cumulative(regimens, first, until, parameters),
        low=_low(regimens, first, until, parameters),
        free=free,
        free_since=_free_since(regimens, parameters) if free else None,
        gaps=_inner_gaps(regimens, first, until, parameters),
    )


def azathioprine_on(
    lines: Sequence[TherapyLine],
    weights: Weights,
    on: date,
    steroids: SteroidParameters,
    parameters: AzathioprineParameters,
) -> Azathioprine | None:
    """Azathioprine on a day; None where none is taken. A line's own weight goes before others."""
    low, high = dose_of(of_drug(lines, Immunosuppressant.AZATHIOPRINE), on, steroids)
    if high == 0:
        return None
    mg = low if low == high else None
    weight = _weight(lines, weights, on, steroids)
    return Azathioprine(mg, per_kg(mg, weight), too_high(mg, weight, parameters))


def overlapping(
    lines: Sequence[TherapyLine], parameters: SteroidParameters
) -> list[tuple[TherapyLine, TherapyLine, Span]]:
    """Two lines of one drug that share days, surely or perhaps."""
    found: list[tuple[TherapyLine, TherapyLine, Span]] = []
    for drug in dict.fromkeys(line.drug for line in lines):
        same = [line for line in lines if line.drug is drug]
        shared: Iterable[Overlap] = overlaps([line.regimen for line in same], parameters)
        found += [(same[one.one], same[one.other], one.days) for one in shared]
    return found


def _cumulative(
    regimens: Sequence[Regimen], first: date, until: date, parameters: SteroidParameters
) -> Amount:
    """Without an upper bound where a line does not say when it began."""
    total = cumulative_dose(regimens, first, until, parameters)
    if all(one.start is not None for one in regimens):
        return total
    return Amount(total.low, None, tuple(sorted({*total.missing, "start_missing"})))


def _low(
    regimens: Sequence[Regimen], first: date, until: date, parameters: SteroidParameters
) -> FirstDay:
    """Where no line has surely begun by then, perhaps none: no latest day."""
    begun = _surely_begun(regimens, first)
    if begun <= until:
        return first_low_day(regimens, begun, until, parameters)
    return FirstDay(first_low_day(regimens, first, until, parameters).earliest, None)


def _surely_begun(regimens: Sequence[Regimen], first: date) -> date:
    """The first day of a line that surely is one, so that days before it don't count as low."""
    begun = [one.start.latest for one in regimens if one.start is not None]
    return min(begun, default=first)


def _free_since(regimens: Sequence[Regimen], parameters: SteroidParameters) -> FirstDay | None:
    taken = courses(regimens, parameters)
    last = max((one.latest for one in taken), default=None)
    surely = max((one.certain_last for one in taken if one.has_certain), default=None)
    if last is None or last == date.max:
        return None
    return FirstDay(surely + _DAY if surely else None, last + _DAY)


def _inner_gaps(
    regimens: Sequence[Regimen], first: date, until: date, parameters: SteroidParameters
) -> tuple[Span, ...]:
    """Days without a steroid between two lines, which may be a line left out; the time after the
    last line is none."""
    latest = [one.latest for one in courses(regimens, parameters)]
    last = min(max(latest), until)
    return gaps(regimens, first, last, parameters) if first <= last else ()


def _weight(
    lines: Sequence[TherapyLine], weights: Weights, on: date, parameters: SteroidParameters
) -> Decimal | None:
    own: list[Decimal | None] = [
        line.answers.get("weight_kg")
        for line, course in zip(lines, courses([one.regimen for one in lines], parameters),
                                strict=True)
        if line.drug is Immunosuppressant.AZATHIOPRINE and course.perhaps(on)
    ]  # fmt: skip
    given = [one for one in own if one is not None]
    if given:
        return given[-1]
    earlier = [(day, kg) for day, kg in weights if day <= on]
    return max(earlier)[1] if earlier else None
