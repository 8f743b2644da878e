"""Hy's law candidates and eDISH quadrants (clinical rules §6.3). Pure and three-valued.

Both are read against the upper limit of normal, the baseline and the nadir, because in autoimmune
hepatitis a high baseline hides a rise from the first and a late flare from the second. A signal is
a question for adjudication, never a diagnosis: most are activity of the disease itself.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from labs.series import Observation, Sample
from safety import spans
from safety.spans import Span
from trial.protocol.safety import LiverSignalParameters
from trial.protocol.truth import Truth, all_true, any_true, negate

TRANSAMINASES = ("ALT", "AST")
_UNKNOWN = Span(Decimal(0), None, high_in=False)


class Reference(StrEnum):
    """What results are multiples of."""

    UPPER = "upper_limit"
    BASELINE = "baseline"
    NADIR = "nadir"


class Quadrant(StrEnum):
    """Where a participant lies in the eDISH plot: ALT to the right, bilirubin upwards."""

    HYS_LAW = "hys_law"  # right, upper
    TEMPLE = "temples_corollary"  # right, lower
    CHOLESTASIS = "cholestasis_or_gilbert"  # left, upper
    NEAR_NORMAL = "near_normal"  # left, lower


class Lack(StrEnum):
    """Why an answer is open."""

    RESULT = "result"
    REFERENCE = "reference"  # no upper limit, baseline or nadir to divide by
    CENSORED = "censored"
    WINDOW_EMPTY = "window_empty"  # no bilirubin in the days that count
    WINDOW_OPEN = "window_open"  # those days are not over


@dataclass(frozen=True, slots=True)
class Gap:
    """What is missing: of which analyte, of which day."""

    on: date
    analyte: str
    lack: Lack


@dataclass(frozen=True, slots=True)
class LiverCourse:
    """A participant's samples in order, and the day of the first infusion.

    What was drawn up to and including that day is before treatment.
    """

    start: date
    samples: tuple[Sample, ...]

    @classmethod
    def of(cls, start: date, samples: Iterable[Sample]) -> "LiverCourse":
        """The course from samples in any order."""
        return cls(start, tuple(sorted(samples, key=lambda sample: sample.order)))

    @property
    def treated(self) -> tuple[Sample, ...]:
        """The samples since treatment began."""
        return tuple(one for one in self.samples if one.collected_on > self.start)

    def baseline(self, analyte: str) -> Observation | None:
        """The last result before treatment."""
        before = (one.get(analyte) for one in self.samples if one.collected_on <= self.start)
        return next((one for one in reversed([*before]) if one is not None), None)

    def nadir(self, analyte: str, before: Sample) -> Span | None:
        """The least of the baseline and of what was measured on treatment before a sample."""
        earlier = (one.get(analyte) for one in self.treated if one.order < before.order)
        results = (self.baseline(analyte), *earlier)
        return spans.least(span for one in results if (span := spans.of(one)) is not None)


@dataclass(frozen=True, slots=True)
class Elevation:
    """A sample whose transaminases reach the line, or may; with what belongs to it.

    `bilirubin_on` is the first day of a bilirubin over its line from `on` to `window_closes`,
    `alp_low` whether the alkaline phosphatase of the same sample is below its line.
    """

    on: date
    window_closes: date
    transaminase: Truth
    bilirubin: Truth
    bilirubin_on: date | None
    alp_low: Truth
    gaps: tuple[Gap, ...]
    panel_id: int

    @property
    def candidate(self) -> Truth:
        """All three together: the laboratory's part of Hy's law."""
        return all_true(self.transaminase, self.bilirubin, self.alp_low)


@dataclass(frozen=True, slots=True)
class HysLaw:
    """`candidate`: the laboratory's part; `met`: and no other cause, as adjudicated.

    `gaps` say what would settle an open candidate; none where it is settled.
    """

    reference: Reference
    candidate: Truth
    met: Truth
    elevations: tuple[Elevation, ...]
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True)
class Edish:
    """The place in the plot: peaks on treatment as multiples of the reference.

    `quadrant` is None where several are `possible`. The peaks may lie at any distance in time;
    `within_window` says whether a transaminase and a bilirubin over their lines belong together.
    """

    reference: Reference
    alt_peak: Span | None
    bilirubin_peak: Span | None
    quadrant: Quadrant | None
    possible: tuple[Quadrant, ...]
    within_window: Truth


def hys_law(
    course: LiverCourse,
    reference: Reference,
    parameters: LiverSignalParameters,
    *,
    as_of: date,
    other_cause: Truth = None,
) -> HysLaw:
    """Whether the course holds a Hy's law candidate, as far as it is known on a day.

    Every sample over the line opens a window of its own, so no choice of a peak loses a pair.
    A window that is not over, or holds no bilirubin, leaves the answer open.
    """
    rule = _Rule(course, reference, parameters, as_of)
    elevations = tuple(rule.elevations())
    answers = [one.candidate for one in elevations]
    # Without one measured transaminase nothing is known; with none over the line all is well.
    candidate = any_true(*answers) if rule.measured else None
    gaps = () if candidate is not None else tuple(_open_gaps(elevations))
    return HysLaw(reference, candidate, all_true(candidate, negate(other_cause)), elevations, gaps)


def edish(
    course: LiverCourse,
    reference: Reference,
    parameters: LiverSignalParameters,
    *,
    as_of: date,
) -> Edish:
    """The quadrant of the peaks of ALT and bilirubin on treatment."""
    rule = _Rule(course, reference, parameters, as_of)
    alt, bilirubin = rule.peak("ALT"), rule.peak("BILI")
    possible = _quadrants(rule.transaminase_over(alt), rule.bilirubin_over(bilirubin))
    pairs = [all_true(one.transaminase, one.bilirubin) for one in rule.elevations()]
    return Edish(
        reference=reference,
        alt_peak=alt,
        bilirubin_peak=bilirubin,
        quadrant=possible[0] if len(possible) == 1 else None,
        possible=possible,
        within_window=any_true(*pairs) if rule.measured else None,
    )


def multiple(
    course: LiverCourse,
    sample: Sample,
    analyte: str,
    reference: Reference,
    parameters: LiverSignalParameters,
) -> Span | None:
    """A result of a sample as a multiple of the reference; None where either is missing."""
    observation = sample.get(analyte)
    upper = spans.limit(None if observation is None else observation.upper)
    if reference is Reference.UPPER:
        return spans.over(spans.of(observation), upper)
    if reference is Reference.BASELINE:
        divisor = spans.of(course.baseline(analyte))
    else:
        divisor = course.nadir(analyte, sample)
    if parameters.baseline_at_least_upper:
        divisor = None if divisor is None or upper is None else spans.largest([divisor, upper])
    return spans.over(spans.of(observation), divisor)


def _quadrants(right: Truth, upper: Truth) -> tuple[Quadrant, ...]:
    """Those that what is known allows, Hy's law first."""
    places = {
        Quadrant.HYS_LAW: (True, True),
        Quadrant.TEMPLE: (True, False),
        Quadrant.CHOLESTASIS: (False, True),
        Quadrant.NEAR_NORMAL: (False, False),
    }
    return tuple(
        quadrant
        for quadrant, (is_right, is_upper) in places.items()
        if right in (None, is_right) and upper in (None, is_upper)
    )


def _open_gaps(elevations: Iterable[Elevation]) -> Iterator[Gap]:
    """Those of elevations still open, each once."""
    gaps = [gap for one in elevations if one.candidate is None for gap in one.gaps]
    yield from dict.fromkeys(gaps)


@dataclass(frozen=True, slots=True)
class _Rule:
    """The rule over one course, against one reference."""

    course: LiverCourse
    reference: Reference
    parameters: LiverSignalParameters
    as_of: date

    @property
    def seen(self) -> tuple[Sample, ...]:
        return tuple(one for one in self.course.treated if one.collected_on <= self.as_of)

    @property
    def measured(self) -> bool:
        """Whether any sample on treatment brought a transaminase."""
        return any(_has(sample, TRANSAMINASES) for sample in self.seen)

    def multiple(self, sample: Sample, analyte: str) -> Span | None:
        return multiple(self.course, sample, analyte, self.reference, self.parameters)

    def transaminase_over(self, span: Span | None) -> Truth:
        line = spans.point(self.parameters.transaminase_multiple)
        inclusive = self.parameters.transaminase_inclusive
        return spans.at_least(span, line) if inclusive else spans.greater(span, line)

    def bilirubin_over(self, span: Span | None) -> Truth:
        line = spans.point(self.parameters.bilirubin_multiple)
        inclusive = self.parameters.bilirubin_inclusive
        return spans.at_least(span, line) if inclusive else spans.greater(span, line)

    def peak(self, analyte: str) -> Span | None:
        """The greatest multiple; one that is not known may have been any."""
        found = [
            self.multiple(sample, analyte) or _UNKNOWN
            for sample in self.seen
            if _has(sample, (analyte,))
        ]
        return spans.largest(found)

    def elevations(self) -> Iterator[Elevation]:
        """Samples whose transaminases are over the line, or may be."""
        for sample in self.seen:
            if _has(sample, TRANSAMINASES):
                answers = {
                    one: self.transaminase_over(self.multiple(sample, one)) for one in TRANSAMINASES
                }
                if any_true(*answers.values()) is not False:
                    yield self._elevation(sample, answers)

    def _elevation(self, sample: Sample, answers: dict[str, Truth]) -> Elevation:
        over = any_true(*answers.values())
        closes = sample.collected_on + timedelta(days=self.parameters.window_days)
        bilirubin, first, gaps = self._bilirubin(sample.collected_on, closes)
        alp_low = self._alp_low(sample)
        if over is None:
            open_ones = [one for one, answer in answers.items() if answer is None]
            gaps += [self._gap(sample, one, self.reference) for one in open_ones]
        if alp_low is None:
            gaps.append(self._gap(sample, "ALP", Reference.UPPER))
        return Elevation(
            on=sample.collected_on,
            window_closes=closes,
            transaminase=over,
            bilirubin=bilirubin,
            bilirubin_on=first,
            alp_low=alp_low,
            gaps=tuple(gaps),
            panel_id=sample.panel_id,
        )

    def _alp_low(self, sample: Sample) -> Truth:
        alp = multiple(self.course, sample, "ALP", Reference.UPPER, self.parameters)
        return negate(spans.at_least(alp, spans.point(self.parameters.alp_multiple)))

    def _bilirubin(self, opens: date, closes: date) -> tuple[Truth, date | None, list[Gap]]:
        """Whether one in the window is over the line, and the first day of such a one."""
        inside = [
            sample
            for sample in self.seen
            if opens <= sample.collected_on <= closes and _has(sample, ("BILI",))
        ]
        answers = [self.bilirubin_over(self.multiple(one, "BILI")) for one in inside]
        for sample, answer in zip(inside, answers, strict=True):
            if answer:
                return True, sample.collected_on, []
        gaps = [
            self._gap(sample, "BILI", self.reference)
            for sample, answer in zip(inside, answers, strict=True)
            if answer is None
        ]
        if self.as_of <= closes:
            gaps.append(Gap(closes, "BILI", Lack.WINDOW_OPEN))
        elif not inside:
            gaps.append(Gap(opens, "BILI", Lack.WINDOW_EMPTY))
        return (None if gaps else False), None, gaps

    def _gap(self, sample: Sample, analyte: str, reference: Reference) -> Gap:
        if sample.get(analyte) is None:
            lack = Lack.RESULT
        elif multiple(self.course, sample, analyte, reference, self.parameters) is None:
            lack = Lack.REFERENCE
        else:
            lack = Lack.CENSORED
        return Gap(sample.collected_on, analyte, lack)


def _has(sample: Sample, analytes: Iterable[str]) -> bool:
    return any(sample.get(analyte) is not None for analyte in analytes)
