"""The course after the first documented complete response, which every relapse rule starts from."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from labs.assessment import Assessment, InputKey, Moment, assess, input_keys, reason
from labs.series import Observation, Sample
from labs.timeline import CBR_ANALYTES, Timeline, in_cbr, times_uln, unknown, worst
from trial.protocol.truth import Truth

Test = Callable[[Sample], Truth]


@dataclass(frozen=True, slots=True)
class Course:
    """`cbr` shows complete response first; `after` are the samples of later days, in order."""

    timeline: Timeline
    cbr: Sample
    after: tuple[Sample, ...]

    @property
    def cbr_on(self) -> date:
        return self.cbr.collected_on

    def known_until(self, test: Test, *, before: date | None = None) -> date | None:
        """The day of the last sample from the response on (before `before`) that answers `test`."""
        days = [
            sample.collected_on
            for sample in (self.cbr, *self.after)
            if test(sample) is not None and (before is None or sample.collected_on < before)
        ]
        return max(days, default=None)

    def interval_censored(self, known_until: date | None, event_on: date | None = None) -> bool:
        """Whether a missed visit or an unanswering sample lies after the last known day.

        Then an event lies somewhere between that day and the one it was seen on.
        """
        since = known_until or self.cbr_on
        gaps = [sample.collected_on for sample in self.after]
        gaps += self.timeline.series.missed_visits
        return any(since < gap and (event_on is None or gap < event_on) for gap in gaps)

    def follow_up(self, known_until: date | None) -> dict[str, str]:
        """Reason parameters of a course without an event."""
        cbr = self.timeline.moment(self.cbr)
        last = self._last_moment(known_until)
        return {
            "until_week": last.week_text if last else "",
            "cbr_week": cbr.week_text,
            "cbr_visit": cbr.visit_code,
            "interval_censored": _yes(self.interval_censored(known_until)),
        }

    def event(self, at: Moment, test: Test) -> dict[str, str]:
        """Reason parameters of an event: when, after which response, free of it until when."""
        cbr = self.timeline.moment(self.cbr)
        free_until = self.known_until(test, before=at.on)
        return {
            "week": at.week_text,
            "visit": at.visit_code,
            "cbr_week": cbr.week_text,
            "cbr_visit": cbr.visit_code,
            "relapse_free_until": free_until.isoformat() if free_until else "",
            "interval_censored": _yes(self.interval_censored(free_until, at.on)),
        }

    def looked_at(self, analytes: Iterable[str], until: date | None = None) -> list[InputKey]:
        """The inputs from the response on; of the response itself always ALT, AST and IgG."""
        later = [one for one in self.after if until is None or one.collected_on <= until]
        return input_keys([self.cbr], CBR_ANALYTES) + input_keys([self.cbr, *later], analytes)

    def therapy_for_relapse(self) -> date | None:
        """The first day after the response on which treatment was stepped up for the disease."""
        days = [
            change.on
            for change in self.timeline.series.therapy_changes
            if change.for_relapse and change.on > self.cbr_on
        ]
        return min(days, default=None)

    def _last_moment(self, day: date | None) -> Moment | None:
        on_day = [one for one in (self.cbr, *self.after) if one.collected_on == day]
        return self.timeline.moment(on_day[-1]) if on_day else None


def value_params(observation: Observation, threshold: Decimal) -> dict[str, str]:
    """Which analyte, how many times its upper limit, against which multiple."""
    return {
        "analyte": observation.analyte,
        "times": times_uln(observation, threshold),
        "threshold": f"{threshold:f}",
    }


def course_of(timeline: Timeline, *, repeated: bool = False) -> Course | None:
    """The course from the first documented response; None where there is none.

    The response may be there at baseline already. `repeated` asks for a second consecutive
    sample that shows it too ("repeatedly normal"), and starts the course at that one.
    """
    documented = False
    for sample in _candidates(timeline):
        state = in_cbr(sample)
        if state and (documented or not repeated):
            return Course(timeline, sample, timeline.after(sample.collected_on))
        if state is not None:
            documented = state
    return None


def no_course(timeline: Timeline, rule: str, outcome: str) -> Assessment:
    """The answer where no complete response is documented: known not to be, or not evaluable."""
    if timeline.start is None:
        return assess(rule, "NE", reason("anchor_missing", anchor=timeline.parameters.anchor))
    later = [one for one in timeline.after(timeline.start) if one.usable]
    if not later:
        return assess(rule, "NE", reason("no_sample_after_baseline"))
    inputs = input_keys(_candidates(timeline), CBR_ANALYTES)
    doubtful = [one for one in later if in_cbr(one) is None]
    sample = doubtful[-1] if doubtful else later[-1]
    at = timeline.moment(sample)
    high = worst(sample)
    if doubtful or high is None:
        why = reason(
            "values_missing", analytes=unknown(sample), week=at.week_text, visit=at.visit_code
        )
        return assess(rule, "NE", why, at=at, inputs=inputs)
    why = reason(
        "above_uln",
        analyte=high.analyte,
        times=times_uln(high, Decimal(1)),
        week=at.week_text,
        visit=at.visit_code,
    )
    return assess(rule, outcome, why, at=at, inputs=inputs)


def _candidates(timeline: Timeline) -> tuple[Sample, ...]:
    """The baseline sample and all later ones; older screening samples document nothing."""
    start = timeline.start
    if start is None:
        return ()
    before = [one for one in timeline.samples if one.collected_on <= start and one.usable]
    return (*before[-1:], *timeline.after(start))


def _yes(flag: bool) -> str:
    return "yes" if flag else "no"
