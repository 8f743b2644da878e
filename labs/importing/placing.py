"""Which visit a sample of a file belongs to. Pure.

In this order: the visit the file names; the visit that already has a sample of that day, or was
held on it; the planned visit in whose window the day lies (of several samples the one nearest to
the target); else none, and an unscheduled visit has to be made.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from labs.importing.facts import Person, Sample, StoredVisit

UNSCHEDULED = "UNS"


@dataclass(frozen=True, slots=True)
class Placed:
    """A sample with its visit (None: an unscheduled one is to be made) and its day."""

    sample: Sample
    visit: StoredVisit | None
    on: date


@dataclass(frozen=True, slots=True)
class Unplaced:
    """A sample without a place. `problem`: visit_twice, visit_not_planned, date_missing."""

    sample: Sample
    problem: str


def place(person: Person, samples: Sequence[Sample]) -> list[Placed | Unplaced]:
    """Find the visit of each of a participant's samples; no visit is given away twice."""
    taken: set[int] = set()
    found: list[Placed | Unplaced] = []
    open_ones: list[tuple[Sample, date]] = []
    rest: list[tuple[Sample, date]] = []
    for sample in samples:
        if sample.visit and sample.visit != UNSCHEDULED:
            found.append(_by_name(person, sample, taken))
        elif sample.on is None:
            found.append(Unplaced(sample, "date_missing"))
        else:
            rest.append((sample, sample.on))
    for sample, on in rest:
        visit = _by_day(person, sample, on)
        if visit is None:
            open_ones.append((sample, on))
        else:
            found.append(_claim(sample, visit, on, taken))
    found += _by_window(person, open_ones, taken)
    return sorted(found, key=lambda each: each.sample.line)


def _claim(
    sample: Sample, visit: StoredVisit, on: date | None, taken: set[int]
) -> Placed | Unplaced:
    if visit.id in taken:
        return Unplaced(sample, "visit_twice")
    taken.add(visit.id)
    return Unplaced(sample, "date_missing") if on is None else Placed(sample, visit, on)


def _by_name(person: Person, sample: Sample, taken: set[int]) -> Placed | Unplaced:
    visit = next((v for v in person.visits if (v.code, v.number) == (sample.visit, 0)), None)
    if visit is None:
        return Unplaced(sample, "visit_not_planned")
    stored = visit.panel.collected_on if visit.panel else visit.held_on
    return _claim(sample, visit, sample.on or stored, taken)


def _by_day(person: Person, sample: Sample, on: date) -> StoredVisit | None:
    visits = [v for v in person.visits if v.number or sample.visit != UNSCHEDULED]
    with_sample = (v for v in visits if v.panel and v.panel.collected_on == on)
    held = (v for v in visits if not v.panel and v.held_on == on)
    return next(with_sample, None) or next(held, None)


def _by_window(
    person: Person, samples: Sequence[tuple[Sample, date]], taken: set[int]
) -> Iterator[Placed | Unplaced]:
    visits = [v for v in person.visits if v.panel is None and v.id not in taken]
    pairs = [
        (_distance(visit, on), sample.line, visit.id, sample, visit)
        for sample, on in samples
        for visit in visits
        if sample.visit != UNSCHEDULED and _inside(visit, on)
    ]
    chosen: dict[int, StoredVisit] = {}
    for *_order, sample, visit in sorted(pairs, key=lambda pair: pair[:3]):
        if visit.id not in taken and sample.id not in chosen:
            chosen[sample.id] = visit
            taken.add(visit.id)
    for sample, on in samples:
        yield Placed(sample, chosen.get(sample.id), on)


def _inside(visit: StoredVisit, on: date) -> bool:
    if visit.opens_on is None or visit.closes_on is None or visit.status == "missed":
        return False
    return visit.opens_on <= on <= visit.closes_on


def _distance(visit: StoredVisit, on: date) -> int:
    return abs((on - (visit.target_on or on)).days)
