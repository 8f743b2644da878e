"""Steroids in terms of prednisolone: a day's dose, the sum of days, and being free of them.

Clinical rules §7.1 and §7.3. Doses are mg of prednisolone, Decimal. Fractions are used within and
rounded once, to 28 digits, so that 10 mg is 10 mg however it is put together. What missing doses
and partial dates leave open is given as a least and a greatest amount, or answered with None.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Context, Decimal
from fractions import Fraction

from patients.regimens import Course, Regimen, Span, courses, stretches
from trial.protocol.therapy import Drug, Steroid, SteroidParameters
from trial.protocol.truth import Truth, all_true

_FIVE = 5
_CONTEXT = Context(prec=28)


@dataclass(frozen=True, slots=True)
class Amount:
    """From `low` to `high` mg of prednisolone; `high` None has no bound.

    `missing` says why it has none: "dose_missing", "not_convertible".
    """

    low: Decimal
    high: Decimal | None
    missing: tuple[str, ...] = ()

    @property
    def exact(self) -> Decimal | None:
        """The amount, None while it is not known."""
        return self.low if self.low == self.high else None


@dataclass(frozen=True, slots=True)
class FirstDay:
    """The first day of something: not before `earliest`, and not after `latest`.

    None is "on no day of the period": for `earliest` it never was, for `latest` it perhaps never.
    """

    earliest: date | None
    latest: date | None

    @property
    def exact(self) -> date | None:
        """The day, None while it is not known."""
        return self.earliest if self.earliest == self.latest else None


def prednisolone_equivalent(
    drug: Steroid, mg: Decimal, parameters: SteroidParameters
) -> Decimal | None:
    """The mg of prednisolone that `mg` of a drug equal (§7.1); None where there is no equivalent.

    Raises ValueError for a dose below 0 or no number.
    """
    if not mg.is_finite() or mg < 0:
        raise ValueError("A dose is a number from 0.")
    equal = _equal(drug, mg, parameters)
    return None if equal is None else _decimal(equal)


def daily_mg(dose: Decimal, times: int, every_days: int = 1) -> Decimal:
    """The mean mg a day of `dose` mg taken `times` on every so many-th day.

    10 mg every second day are 5 mg a day. Raises ValueError for anything not above 0.
    """
    if not (dose.is_finite() and dose > 0 and times > 0 and every_days > 0):
        raise ValueError("A dose, its times and its days lie above 0.")
    return _CONTEXT.divide(dose * times, Decimal(every_days))


def daily_dose(regimens: Sequence[Regimen], day: date, parameters: SteroidParameters) -> Amount:
    """The day's dose over all regimens; those of one day add up."""
    return _total(courses(regimens, parameters), [Span(day, day)], parameters)


def cumulative_dose(
    regimens: Sequence[Regimen], first: date, last: date, parameters: SteroidParameters
) -> Amount:
    """The sum of the daily doses from the first to the last day, both included (§7.3).

    Raises ValueError if the last day comes before the first.
    """
    taken = courses(regimens, parameters)
    return _total(taken, stretches(taken, first, last), parameters)


def first_low_day(
    regimens: Sequence[Regimen], first: date, last: date, parameters: SteroidParameters
) -> FirstDay:
    """The first day in a period with a dose at or below the low dose, 10 mg by default (§7.3).

    A day without steroids is such a day; a later rise does not matter. The period begins with
    the treatment. Raises ValueError if its last day comes before its first.
    """
    taken = courses(regimens, parameters)
    earliest: date | None = None
    for span in stretches(taken, first, last):
        dose = _day(taken, span.first, parameters)
        if _decimal(dose.low) <= parameters.low_dose and earliest is None:
            earliest = span.first
        if dose.high is not None and _decimal(dose.high) <= parameters.low_dose:
            return FirstDay(earliest, span.first)
    return FirstDay(earliest, None)


def steroid_free(regimens: Sequence[Regimen], day: date, parameters: SteroidParameters) -> Truth:
    """Whether no steroid is taken on the day, of whatever dose; budesonide is one too."""
    taken = courses(regimens, parameters)
    if any(course.surely(day) for course in taken):
        return False
    return None if any(course.perhaps(day) for course in taken) else True


def raised(regimens: Sequence[Regimen], day: date, parameters: SteroidParameters) -> Truth:
    """Whether more steroid is taken on the day than on the day before: begun, resumed, increased.

    Amounts of prednisolone are compared, without what is taken on both days alike. Where nothing
    was taken before, beginning is more whatever the drug and the dose; else a drug without an
    equivalent, a dose that is missing and a partial date leave it open.
    """
    yesterday = day - timedelta(days=1)
    taken = courses(regimens, parameters)
    changed = [one for one in taken if not (one.surely(yesterday) and one.surely(day))]
    if not any(one.perhaps(day) for one in changed):
        return False
    if not any(one.perhaps(yesterday) for one in changed) and any(
        one.surely(day) for one in changed
    ):
        return True
    before, now = (_day(changed, one, parameters) for one in (yesterday, day))
    if before.high is not None and _decimal(now.low) > _decimal(before.high):
        return True
    return False if now.high is not None and _decimal(now.high) <= _decimal(before.low) else None


def steroid_free_response(
    response: Truth, regimens: Sequence[Regimen], day: date, parameters: SteroidParameters
) -> Truth:
    """Whether a complete biochemical response (§3.1) is shown on a day free of steroids (§7.3).

    `response` is that of the day's sample. One "no" decides, whatever is not known of the other.
    """
    return all_true(response, steroid_free(regimens, day, parameters))


@dataclass(frozen=True, slots=True)
class _Bounds:
    """An Amount before it is written as decimals."""

    low: Fraction
    high: Fraction | None
    missing: frozenset[str]


def _equal(drug: Drug, mg: Decimal, parameters: SteroidParameters) -> Fraction | None:
    equal_to_five = _equal_to_five(drug, parameters)
    if equal_to_five is None:
        return None
    return Fraction(mg) * _FIVE / Fraction(equal_to_five)


def _equal_to_five(drug: Drug, parameters: SteroidParameters) -> Decimal | None:
    return parameters.equal_to_five.get(drug) if isinstance(drug, Steroid) else None


def _day(taken: Iterable[Course], day: date, parameters: SteroidParameters) -> _Bounds:
    """The day's dose: certain courses count at least, possible ones at most."""
    low, high = Fraction(0), Fraction(0)
    missing = set()
    for course in taken:
        if not course.perhaps(day):
            continue
        mg, drug = course.regimen.daily_mg, course.regimen.drug
        equal = None if mg is None else _equal(drug, mg, parameters)
        if equal is None:
            convertible = _equal_to_five(drug, parameters) is not None
            missing.add("dose_missing" if convertible else "not_convertible")
            continue
        high += equal
        low += equal if course.surely(day) else 0
    return _Bounds(low, None if missing else high, frozenset(missing))


def _total(taken: Sequence[Course], spans: Iterable[Span], parameters: SteroidParameters) -> Amount:
    """The sum over stretches of days that are alike."""
    low, high = Fraction(0), Fraction(0)
    missing: frozenset[str] = frozenset()
    for span in spans:
        days = (span.last - span.first).days + 1
        dose = _day(taken, span.first, parameters)
        low += days * dose.low
        high += days * (dose.high or 0)
        missing |= dose.missing
    return Amount(_decimal(low), None if missing else _decimal(high), tuple(sorted(missing)))


def _decimal(value: Fraction) -> Decimal:
    """Exact where a decimal of 28 digits can be, else rounded there."""
    return _CONTEXT.divide(Decimal(value.numerator), Decimal(value.denominator))
