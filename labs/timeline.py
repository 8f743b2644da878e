"""A participant's course with its anchor, baseline and visits worked out once for all rules."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext

from labs.assessment import Moment
from labs.series import Observation, ParticipantSeries, Sample
from labs.truth import exceeds, upper_limit, within_normal
from trial.protocol.endpoints import EndpointParameters
from trial.protocol.truth import Truth, all_true

CBR_ANALYTES = ("ALT", "AST", "IGG")


def in_cbr(sample: Sample) -> Truth:
    """ALT, AST and IgG all at most the upper limit of normal; one above decides, else unknown."""
    return all_true(*(within_normal(sample.get(analyte)) for analyte in CBR_ANALYTES))


def unknown(sample: Sample, analytes: Iterable[str] = CBR_ANALYTES) -> str:
    """The analytes that cannot be compared with their upper limit, as "ALT, IGG"."""
    return ", ".join(one for one in analytes if within_normal(sample.get(one)) is None)


def worst(sample: Sample, analytes: Iterable[str] = CBR_ANALYTES) -> Observation | None:
    """The result furthest above its upper limit, None where none is known to be above."""
    above = [
        observation
        for analyte in analytes
        if (observation := sample.get(analyte)) is not None and exceeds(observation)
    ]
    # max() keeps the first of equals, and `analytes` has a fixed order
    return max(above, key=_multiple, default=None)


def _multiple(observation: Observation) -> Decimal:
    limit = upper_limit(observation)
    if limit is None:
        return Decimal(0)
    with localcontext(Context(prec=28)):
        return observation.value / limit


def times_uln(observation: Observation | None, threshold: Decimal | None = None) -> str:
    """The multiple of the upper limit as text, "3.1"; "" where it is unknown.

    One decimal, half up, and more where one would read as the threshold itself though the value
    differs from it: 3.01 times must not read "3.0" beside "above 3".
    """
    if observation is None or upper_limit(observation) is None:
        return ""
    ratio = _multiple(observation)
    for places in range(1, 7):
        text = ratio.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
        if threshold is None or text != threshold or ratio == threshold:
            break
    return f"{observation.comparator}{text}"


@dataclass(frozen=True, slots=True)
class Timeline:
    """The series in order of day and panel, with the date treatment began.

    `anchor` is the date the parameters name, None when it is not recorded. `start` is the anchor
    or, failing it, the other of the two dates: a lasting rule such as relapse needs no exact
    week, and must not fall silent because one date is not typed in yet.
    """

    series: ParticipantSeries
    parameters: EndpointParameters
    samples: tuple[Sample, ...]
    anchor: date | None
    start: date | None

    @classmethod
    def of(cls, series: ParticipantSeries, parameters: EndpointParameters) -> "Timeline":
        dates = (series.induction_started_on, series.day0_on)
        anchor, other = dates if parameters.anchor == "induction" else dates[::-1]
        samples = tuple(sorted(series.samples, key=lambda sample: sample.order))
        return cls(series, parameters, samples, anchor, anchor or other)

    def after(self, day: date) -> tuple[Sample, ...]:
        """The samples of later days."""
        return tuple(sample for sample in self.samples if sample.collected_on > day)

    def between(self, first: date, last: date) -> tuple[Sample, ...]:
        """The samples from one day to another, both included."""
        return tuple(one for one in self.samples if first <= one.collected_on <= last)

    def baseline(self, analyte: str) -> tuple[Sample, Observation] | None:
        """The analyte's last result on or before the anchor, with its sample."""
        if self.anchor is None:
            return None
        for sample in reversed(self.samples):
            observation = sample.get(analyte)
            if sample.collected_on <= self.anchor and observation is not None:
                return sample, observation
        return None

    def visits(self, first: date, last: date) -> tuple[Sample, ...]:
        """One usable sample per scheduled visit after `first`, up to and including `last`.

        Of several at one visit the nearest to its target counts, the later one on a tie.
        """
        chosen: dict[str, Sample] = {}
        for sample in self.samples:
            if not sample.scheduled or not sample.usable:
                continue
            if first < sample.collected_on <= last:
                target = sample.target_on or sample.collected_on
                rival = chosen.get(sample.visit_code)
                if rival is None or _distance(sample, target) <= _distance(rival, target):
                    chosen[sample.visit_code] = sample
        return tuple(sorted(chosen.values(), key=lambda sample: sample.order))

    def week(self, day: date) -> int | None:
        """The nearest whole week counted from day 0, or from the anchor before there is one."""
        zero = self.series.day0_on or self.start
        return None if zero is None else ((day - zero).days + 3) // 7

    def moment(self, sample: Sample) -> Moment:
        """A sample's place; a scheduled visit's week is that of its target, not of the draw."""
        day = sample.target_on if sample.scheduled and sample.target_on else sample.collected_on
        return Moment(sample.collected_on, self.week(day), sample.panel_id, sample.visit_code)

    def moment_of(self, day: date) -> Moment:
        """The place of something that is not a sample."""
        return Moment(day, self.week(day))


def nearest(samples: Iterable[Sample], target: date) -> Sample | None:
    """The sample nearest to the target; the later one on a tie."""
    best: Sample | None = None
    for sample in samples:
        if best is None or _distance(sample, target) <= _distance(best, target):
            best = sample
    return best


def _distance(sample: Sample, target: date) -> int:
    return abs((sample.collected_on - target).days)


def first_where(samples: Iterable[Sample], test: Callable[[Sample], Truth]) -> Sample | None:
    """The first sample of which the test is known to be true."""
    return next((sample for sample in samples if test(sample) is True), None)


def weeks_after(day: date, weeks: int) -> date:
    return day + timedelta(weeks=weeks)
