"""At which times vital signs are due during and after an infusion (clinical rules §8.4). Pure.

A point has a code that never changes: B before the start, D15 fifteen minutes after it, E at the
end, P30 thirty minutes after the end. So a corrected start or end moves no measurement.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from visits.infusion_alerts import AFTER_END, MINUTES_BETWEEN

BASELINE, END = "B", "E"
# How far from its time a measurement may lie and still be its own [study default].
LENIENCE = timedelta(minutes=5)
LENIENCE_AFTER = timedelta(minutes=15)
LENIENCE_NEXT_DAY = timedelta(hours=2)
LONGEST = 24 * 60  # minutes that an infusion may be thought to run
_CODE = re.compile(r"^(?:B|E|([DP])([1-9]\d{1,3}))$")


class Standing(StrEnum):
    """How a point stands."""

    LATER = "later"
    DUE = "due"
    MISSING = "missing"
    DONE = "done"
    LATE = "late"
    EARLY = "early"
    NOT_DONE = "not_done"


@dataclass(frozen=True, slots=True)
class Point:
    """One point; `due` is None where no time can be told yet (the baseline before the start)."""

    code: str
    due: datetime | None

    @property
    def lenience(self) -> timedelta:
        """How much earlier or later a measurement may be."""
        if not self.code.startswith("P"):
            return LENIENCE
        return LENIENCE_NEXT_DAY if int(self.code[1:]) >= LONGEST else LENIENCE_AFTER


def known(code: str) -> bool:
    """Whether this is the code of a point that a plan could have."""
    match = _CODE.match(code)
    if match is None or match[1] is None:
        return match is not None
    minutes = int(match[2])
    if match[1] == "P":
        return minutes in AFTER_END
    return minutes % MINUTES_BETWEEN == 0 and minutes < LONGEST


def points(
    started: datetime | None, ended: datetime | None, now: datetime, kept: Sequence[str] = ()
) -> list[Point]:
    """The points of the plan in order, as far as they can be told; `kept` are those with a row.

    While it runs: those up to now and the next one. A point that has a row stays, even if a
    corrected end comes before it.
    """
    found = {BASELINE: Point(BASELINE, started)}
    if started is not None:
        last = ended or now + timedelta(minutes=MINUTES_BETWEEN)
        at = started + _minutes(MINUTES_BETWEEN)
        # No point at LONGEST itself: it would have a code that `known` does not know.
        while at < started + _minutes(LONGEST) and (at < last or (ended is None and at == last)):
            code = f"D{int((at - started).total_seconds()) // 60}"
            found[code] = Point(code, at)
            at += _minutes(MINUTES_BETWEEN)
        for code in sorted((c for c in kept if c.startswith("D")), key=_minute):
            found.setdefault(code, Point(code, started + _minutes(_minute(code))))
    if ended is not None:
        found[END] = Point(END, ended)
        for minutes in AFTER_END:
            found[f"P{minutes}"] = Point(f"P{minutes}", ended + _minutes(minutes))
    return list(found.values())


def _minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


def _minute(code: str) -> int:
    return int(code[1:])


def standing(point: Point, measured: datetime | None, *, not_done: bool, now: datetime) -> Standing:
    """How a point stands at `now`: `measured` is when its vital signs were taken, if they were."""
    if not_done:
        return Standing.NOT_DONE
    if measured is not None:
        return _placed(point, measured)
    if point.due is None or now < point.due - point.lenience:
        return Standing.DUE if point.code == BASELINE else Standing.LATER
    return Standing.MISSING if now > point.due + point.lenience else Standing.DUE


def _placed(point: Point, measured: datetime) -> Standing:
    if point.code == BASELINE:  # any time before the start will do
        late = point.due is not None and measured > point.due
        return Standing.LATE if late else Standing.DONE
    if point.due is None or abs(measured - point.due) <= point.lenience:
        return Standing.DONE
    return Standing.LATE if measured > point.due else Standing.EARLY


def counts(standings: Mapping[str, Standing]) -> dict[Standing, int]:
    """How many points are missing, late, and so on."""
    found: dict[Standing, int] = {}
    for one in standings.values():
        found[one] = found.get(one, 0) + 1
    return found
