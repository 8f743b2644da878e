"""Courses of a drug with dates that may be partial: when it is taken (clinical rules §7.3).

A regimen is one dose of one drug from its first to its last day, both included; a dose change is
the next regimen. The list is taken as whole: a day that no regimen reaches is a day without.
What partial dates leave open is kept apart as certain and possible days.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations

from trial.protocol.partial import PartialDate
from trial.protocol.therapy import Drug, SteroidParameters

DAY = timedelta(days=1)


class RegimenError(ValueError):
    """The regimen can't be; `code` is "stop_before_start", "ongoing_with_stop" or "dose"."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Regimen:
    """One dose of a drug: `daily_mg` of the drug itself, None if not known.

    `start` None is not known; `stop`, the last day, None is not known unless `ongoing`.
    Raises RegimenError for a stop that lies before the start whatever their unknown parts are,
    a stop of what goes on, and a dose not above 0.
    """

    drug: Drug
    daily_mg: Decimal | None
    start: PartialDate | None
    stop: PartialDate | None = None
    ongoing: bool = False

    def __post_init__(self) -> None:
        if self.daily_mg is not None and not (self.daily_mg.is_finite() and self.daily_mg > 0):
            raise RegimenError("dose")
        if self.stop is not None and self.ongoing:
            raise RegimenError("ongoing_with_stop")
        if self.stop is not None and self.start and self.stop.latest < self.start.earliest:
            raise RegimenError("stop_before_start")


@dataclass(frozen=True, slots=True)
class Span:
    """Days from the first to the last, both included; `certain` unless partial dates decide."""

    first: date
    last: date
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Overlap:
    """The days two regimens share, by their places in the list; two drugs may be meant."""

    one: int
    other: int
    days: Span
    same_drug: bool


@dataclass(frozen=True, slots=True)
class Course:
    """A regimen with its days worked out: from `earliest` to `latest` at most it is taken, and
    from `certain_first` to `certain_last` it surely is, if the one is not after the other."""

    regimen: Regimen
    earliest: date
    latest: date
    certain_first: date
    certain_last: date

    @property
    def has_certain(self) -> bool:
        """Whether the drug is surely taken on any day."""
        return self.certain_first <= self.certain_last

    def surely(self, day: date) -> bool:
        """Whether it is taken on the day whatever the unknown parts of its dates are."""
        return self.certain_first <= day <= self.certain_last

    def perhaps(self, day: date) -> bool:
        """Whether it may be taken on the day."""
        return self.earliest <= day <= self.latest


def courses(regimens: Sequence[Regimen], parameters: SteroidParameters) -> tuple[Course, ...]:
    """Each regimen's days, in the list's order.

    Where one regimen's recorded last day is the recorded first day of another of the same drug,
    the dose was changed on that day: by the parameter it counts for the new dose alone.
    """
    return tuple(_course(one, _changed_on(one, regimens, parameters)) for one in regimens)


def gaps(
    regimens: Sequence[Regimen], first: date, last: date, parameters: SteroidParameters
) -> tuple[Span, ...]:
    """The stretches of days in a period on which no steroid was taken, or perhaps none.

    The caller gives the period, such as first to last intake. Raises ValueError if its last day
    comes before its first.
    """
    taken = courses(regimens, parameters)
    found: list[Span] = []
    for span in stretches(taken, first, last):
        if any(course.surely(span.first) for course in taken):
            continue
        certain = not any(course.perhaps(span.first) for course in taken)
        if found and found[-1].last + DAY == span.first and found[-1].certain is certain:
            found[-1] = Span(found[-1].first, span.last, certain)
        else:
            found.append(Span(span.first, span.last, certain))
    return tuple(found)


def overlaps(regimens: Sequence[Regimen], parameters: SteroidParameters) -> tuple[Overlap, ...]:
    """The days that each two regimens share: those certain, or else those possible.

    A day on which the dose was changed is none of them, if it counts for the new dose alone.
    The last day is date.max where neither regimen has one.
    """
    found = []
    for (i, one), (j, other) in combinations(enumerate(courses(regimens, parameters)), 2):
        days = _shared(one, other)
        if days is not None:
            found.append(Overlap(i, j, days, one.regimen.drug is other.regimen.drug))
    return tuple(found)


def stretches(taken: Iterable[Course], first: date, last: date) -> Iterator[Span]:
    """The period cut wherever anything may change: within a stretch all days are alike.

    Raises ValueError if the last day comes before the first.
    """
    if last < first:
        raise ValueError("The last day comes before the first.")
    cuts = {first}
    for course in taken:
        cuts |= {course.earliest, course.certain_first}
        cuts |= {day + DAY for day in (course.latest, course.certain_last) if day < last}
    begins = sorted(day for day in cuts if first <= day <= last)
    ends = [day - DAY for day in begins[1:]]
    for begin, end in zip(begins, [*ends, last], strict=True):
        yield Span(begin, end)


def _changed_on(
    regimen: Regimen, regimens: Sequence[Regimen], parameters: SteroidParameters
) -> date | None:
    """The day another dose of the drug takes over, if it is recorded as this one's last."""
    stop = regimen.stop
    if parameters.change_day != "new_dose" or stop is None or not stop.whole:
        return None
    if regimen.start is None or regimen.start.latest >= stop.latest:
        return None  # it is, or may be, a course of that one day
    takes_over = any(
        other is not regimen and other.drug is regimen.drug and other.start == stop
        for other in regimens
    )
    return stop.latest if takes_over else None


def _course(regimen: Regimen, changed_on: date | None) -> Course:
    start, stop = regimen.start, regimen.stop
    earliest = start.earliest if start else date.min
    latest = date.max if stop is None else stop.latest
    if changed_on is not None:
        latest = changed_on - DAY
    first = min(start.latest, latest) if start else latest
    last = date.max if regimen.ongoing else earliest
    if stop is not None:
        last = max(min(stop.earliest, latest), earliest)
    return Course(regimen, earliest, latest, first, last)


def _shared(one: Course, other: Course) -> Span | None:
    first = max(one.certain_first, other.certain_first)
    last = min(one.certain_last, other.certain_last)
    if one.has_certain and other.has_certain and first <= last:
        return Span(first, last)
    first, last = max(one.earliest, other.earliest), min(one.latest, other.latest)
    return Span(first, last, certain=False) if first <= last else None
