"""What happened to a participant as bars, points and steps on one axis of days. Pure.

A date of which a part is not known is drawn from its first to its last possible day: `Bar` keeps
the four ends, and what lies between two of them is uncertain.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from patients.regimens import Regimen, RegimenError, courses, stretches
from patients.steroids import daily_dose
from trial.protocol.crf import Facts, Row
from trial.protocol.partial import PartialDate, PartialDateError, parse
from trial.protocol.therapy import Steroid, SteroidParameters

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Ends:
    """From when to when: each end between two days, equal where the day is known. `open`: it goes
    on, or nobody knows that it ended."""

    start_from: date
    start_by: date
    end_from: date
    end_by: date
    open: bool = False

    def within(self, first: date, last: date) -> "Ends | None":
        """The part that lies in a period; None if nothing does."""
        if self.end_by < first or self.start_from > last:
            return None
        days = (self.start_from, self.start_by, self.end_from, self.end_by)
        a, b, c, d = (min(max(day, first), last) for day in days)
        return Ends(a, b, c, d, open=self.open)


@dataclass(frozen=True, slots=True)
class Item:
    """A row of a form on the axis. `grade` and `serious` are those of an adverse event; `when` is
    the time as it was entered."""

    form: str
    row: Row
    ends: Ends
    when: tuple[str, str] = ("", "")
    grade: str = ""
    serious: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """Days on which the same dose of prednisolone was taken; `high` None has no bound."""

    first: date
    last: date
    low: Decimal
    high: Decimal | None


def ends_of(start: Any, end: Any, today: date, *, ongoing: bool | None) -> Ends | None:
    """The ends of a partial start and end; None where the start is not known.

    What goes on, or has no end entered, is drawn up to today. An end before the start is a slip
    of which the checks ask: the bar is one day long.
    """
    begun = _partial(start)
    if begun is None:
        return None
    done = None if ongoing else _partial(end)
    if done is None:
        last = max(today, begun.earliest)
        return Ends(begun.earliest, min(begun.latest, last), last, last, open=True)
    last = max(done.latest, begun.earliest)
    start_by = min(begun.latest, last)
    return Ends(begun.earliest, start_by, min(max(done.earliest, start_by), last), last)


def _partial(value: Any) -> PartialDate | None:
    if isinstance(value, datetime):
        return PartialDate.of(value.date())
    if isinstance(value, date):
        return PartialDate.of(value)
    try:
        return parse(value) if value else None
    except PartialDateError:
        return None


# The form, its start, its end and its "ongoing"; a form that is not asked for in a protocol has no
# rows. One without an end is a point.
SPANS: Mapping[str, tuple[str, str, str]] = {
    "adverse_event": ("starts_on", "ends_on", "ongoing"),
    "aih_therapy": ("started", "stopped", "ongoing"),
    "medication": ("started", "stopped", "ongoing"),
}
POINTS: Mapping[str, str] = {
    "deviation": "occurred_on",
    "biopsy": "taken_at",
    "disposition": "happened_on",
    "death": "died_on",
}


def items(facts: Facts) -> Iterator[Item]:
    """Every row of the forms above that has a day, in the order of the forms."""
    for form, (start, end, ongoing) in SPANS.items():
        for row in facts.all(form):
            ends = ends_of(row[start], row[end], facts.today, ongoing=row[ongoing])
            if ends is not None:
                yield _item(row, ends, row[start], row[end])
    for form, name in POINTS.items():
        for row in facts.all(form):
            day = _partial(row[name])
            if day is not None:
                ends = Ends(day.earliest, day.earliest, day.latest, day.latest)
                yield _item(row, ends, row[name], None)


def _item(row: Row, ends: Ends, start: Any, end: Any) -> Item:
    when = tuple(
        str(one.date() if isinstance(one, datetime) else one or "") for one in (start, end)
    )
    grade, serious = "", False
    if row.form == "adverse_event":
        grade, serious = str(row["grade"] or ""), bool(row["serious"])
    return Item(row.form, row, ends, (when[0], when[1]), grade, serious)


# --- doses --------------------------------------------------------------------------------------
def steps(facts: Facts, parameters: SteroidParameters, first: date, last: date) -> list[Step]:
    """The daily dose as mg of prednisolone, in stretches of equal days; none without steroids."""
    regimens = _regimens(facts.all("aih_therapy"))
    if not regimens or last < first:
        return []
    found: list[Step] = []
    for span in stretches(courses(regimens, parameters), first, last):
        amount = daily_dose(regimens, span.first, parameters)
        step = Step(span.first, span.last, amount.low, amount.high)
        if found and (found[-1].low, found[-1].high) == (step.low, step.high):
            found[-1] = replace(found[-1], last=step.last)
        else:
            found.append(step)
    return found


def _regimens(rows: Iterable[Row]) -> list[Regimen]:
    """The lines of steroids that can be; a slip that can't is left out, and asked about."""
    found = []
    for row in rows:
        if row["drug"] not in set(Steroid):
            continue
        start, stop = _partial(row["started"]), _partial(row["stopped"])
        try:
            found.append(Regimen(Steroid(row["drug"]), row["daily_mg"], start, stop,
                                 ongoing=bool(row["ongoing"])))  # fmt: skip
        except RegimenError:
            continue
    return found


# --- where bars lie -----------------------------------------------------------------------------
def packed(bars: Sequence[Ends], apart: int = 1) -> list[int]:
    """A line for each bar, so that none lies over another: the first that is free, from 0.

    `apart`: days between two bars of a line, so that their names can be read.
    """
    free: list[date] = []
    places = [0] * len(bars)
    order = sorted(range(len(bars)), key=lambda n: (bars[n].start_from, bars[n].end_by, n))
    for n in order:
        line = next((k for k, day in enumerate(free) if day < bars[n].start_from), len(free))
        if line == len(free):
            free.append(date.min)
        free[line] = bars[n].end_by + apart * DAY
        places[n] = line
    return places
