"""What of a liver course is a signal, and when it began (clinical rules §6.3). Pure.

A signal lasts over samples that follow each other without one that is clear, and is known by the
sample it began with: the same again is the same signal, one after a clear sample is a new one.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from labs.series import Sample
from safety.liver_signals import TRANSAMINASES, LiverCourse, Reference, hys_law
from safety.liver_stopping import Level, advise
from trial.protocol.safety import SafetyParameters
from trial.protocol.truth import Truth


class SignalKind(StrEnum):
    """What was reached."""

    HYS_LAW = "hys_law"
    STOP = "stop"
    WATCH = "watch"


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A signal: the sample it began with, and the references it holds against (Hy's law)."""

    kind: SignalKind
    panel_id: int
    on: date
    references: tuple[Reference, ...] = ()


def occurrences(
    course: LiverCourse,
    symptoms: Mapping[int, Truth],
    parameters: SafetyParameters,
    as_of: date,
) -> tuple[Occurrence, ...]:
    """Every signal in a course as far as it is known on a day. `symptoms` of hepatitis by panel.

    What is open is no signal yet: the course says so beside the signals.
    """
    samples = [one for one in course.treated if _measured(one)]
    levels = {
        one.panel_id: advise(
            course, one, symptoms.get(one.panel_id), parameters.liver_stopping
        ).level
        for one in samples
    }
    found = [*_hys_law(course, samples, parameters, as_of), *_levels(samples, levels)]
    return tuple(sorted(found, key=lambda one: (one.on, one.panel_id, one.kind)))


def _hys_law(
    course: LiverCourse, samples: list[Sample], parameters: SafetyParameters, as_of: date
) -> Iterator[Occurrence]:
    reached: dict[int, list[Reference]] = {}
    for reference in Reference:
        law = hys_law(course, reference, parameters.liver_signals, as_of=as_of)
        for elevation in law.elevations:
            if elevation.candidate:
                reached.setdefault(elevation.panel_id, []).append(reference)
    for first, run in _runs(samples, dict.fromkeys(reached, True)):
        against = {reference for one in run for reference in reached[one.panel_id]}
        in_order = tuple(one for one in Reference if one in against)
        yield Occurrence(SignalKind.HYS_LAW, first.panel_id, first.collected_on, in_order)


def _levels(samples: list[Sample], levels: Mapping[int, Level | None]) -> Iterator[Occurrence]:
    """A stop begins a signal of its own; a watch only where nothing was reached before it."""
    stopped = {one: level is Level.STOP for one, level in levels.items()}
    for first, _run in _runs(samples, stopped):
        yield Occurrence(SignalKind.STOP, first.panel_id, first.collected_on)
    reached = {one: level in (Level.STOP, Level.WATCH) for one, level in levels.items()}
    for first, _run in _runs(samples, reached):
        if levels[first.panel_id] is Level.WATCH:
            yield Occurrence(SignalKind.WATCH, first.panel_id, first.collected_on)


def _runs(
    samples: Iterable[Sample], reached: Mapping[int, bool]
) -> Iterator[tuple[Sample, list[Sample]]]:
    """Samples reached one after the other, each run with its first."""
    run: list[Sample] = []
    for sample in samples:
        if reached.get(sample.panel_id):
            run.append(sample)
        elif run:
            yield run[0], run
            run = []
    if run:
        yield run[0], run


def _measured(sample: Sample) -> bool:
    return any(sample.get(one) is not None for one in TRANSAMINASES)
