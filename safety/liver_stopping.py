"""When rising transaminases ask for a closer look, or to stop (clinical rules §6.3; to verify).

One sample on treatment, with the baseline that decides which set of figures holds: multiples of the
upper limit after a normal baseline, multiples of the baseline and U/L after an elevated one.
Three-valued; where it is open which set holds, an answer both sets give is the answer.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from labs.series import Observation, Sample
from safety import spans
from safety.liver_signals import LiverCourse
from safety.spans import Span
from trial.protocol.safety import LiverStoppingParameters
from trial.protocol.truth import Truth, all_true, any_true


class Level(StrEnum):
    """What is advised, for the investigator to decide."""

    NONE = "none"
    WATCH = "watch"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Advice:
    """`level` is None where it is open; `stop` and `watch` say what is known of each.

    `elevated`: whether the figures of an elevated baseline hold.
    """

    level: Level | None
    stop: Truth
    watch: Truth
    elevated: Truth


def advise(
    course: LiverCourse, sample: Sample, symptoms: Truth, parameters: LiverStoppingParameters
) -> Advice:
    """What a sample advises; `symptoms` of hepatitis at the time, None if nobody asked."""
    baseline = course.baseline("ALT")
    elevated = _reaches(_times_upper(baseline), parameters.elevated_from)
    normal = _normal(sample, symptoms, parameters)
    raised = _elevated(course, sample, symptoms, parameters)
    stop, watch = (
        one if elevated is False else other if elevated else (one if one is other else None)
        for one, other in zip(normal, raised, strict=True)
    )
    return Advice(_level(stop, watch), stop, watch, elevated)


def _level(stop: Truth, watch: Truth) -> Level | None:
    if stop:
        return Level.STOP
    if stop is None or watch is None:
        return None
    return Level.WATCH if watch else Level.NONE


def _normal(
    sample: Sample, symptoms: Truth, parameters: LiverStoppingParameters
) -> tuple[Truth, Truth]:
    """Stop and watch after a normal baseline."""
    alt = _times_upper(sample.get("ALT"))
    sign = any_true(_reaches(_times_upper(sample.get("BILI")), parameters.bilirubin), symptoms)
    stop = any_true(
        _reaches(alt, parameters.normal_stop),
        all_true(_reaches(alt, parameters.normal_with_sign), sign),
    )
    return stop, _reaches(alt, parameters.normal_watch)


def _elevated(
    course: LiverCourse, sample: Sample, symptoms: Truth, parameters: LiverStoppingParameters
) -> tuple[Truth, Truth]:
    """Stop and watch after an elevated baseline."""
    units = spans.of(sample.get("ALT"))
    alt = spans.over(units, spans.of(course.baseline("ALT")))
    bilirubin = spans.over(spans.of(sample.get("BILI")), spans.of(course.baseline("BILI")))
    sign = any_true(_reaches(bilirubin, parameters.bilirubin), symptoms)

    def raised(multiple: Decimal, limit: Decimal) -> Truth:
        return any_true(_reaches(alt, multiple), _reaches(units, limit))

    with_sign = raised(parameters.elevated_with_sign, parameters.elevated_with_sign_units)
    stop = any_true(
        raised(parameters.elevated_stop, parameters.elevated_stop_units), all_true(with_sign, sign)
    )
    return stop, raised(parameters.elevated_watch, parameters.elevated_watch_units)


def _times_upper(observation: Observation | None) -> Span | None:
    upper = None if observation is None else observation.upper
    return spans.over(spans.of(observation), spans.limit(upper))


def _reaches(span: Span | None, line: Decimal) -> Truth:
    return spans.at_least(span, spans.point(line))
