"""The study's relapse endpoint TRIAL-REL (clinical rules §3.2): the course after a response."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from labs.assessment import Assessment, Moment, Reason, assess, reason
from labs.course import Course, course_of, no_course, value_params
from labs.rule_sets import RULE_SETS
from labs.series import Biopsy, Observation, Sample
from labs.timeline import CBR_ANALYTES, Timeline, in_cbr, times_uln, unknown, worst
from labs.truth import exceeds
from trial.protocol.truth import Truth, all_true, any_true

RULE = "TRIAL-REL"
TRANSAMINASES = ("ALT", "AST")
ULN = Decimal(1)  # as a multiple of itself
Confirmation = Literal["confirmed", "refuted", "pending"]


def assess_relapse(timeline: Timeline) -> tuple[Assessment, ...]:
    """Every rule set the parameters name, in their order."""
    rules = {**RULE_SETS, RULE: trial_relapse}
    return tuple(rules[rule](timeline) for rule in timeline.parameters.relapse_rule_sets)


@dataclass(frozen=True, slots=True)
class _Event:
    """A relapse seen on `at`; `rank` a to d settles which criterion names equal days."""

    at: Moment
    rank: str
    why: Reason
    until: date  # the last day whose results it rests on

    @property
    def order(self) -> tuple[date, str]:
        return self.at.on, self.rank


def trial_relapse(timeline: Timeline) -> Assessment:
    """The first of (a) to (d) after a documented complete response, or the lesser course."""
    course = course_of(timeline)
    if course is None:
        return no_course(timeline, RULE, "NO_CBR")
    events = [
        event
        for event in (_laboratory_event(course), _therapy_event(course), _biopsy_event(course))
        if event is not None
    ]
    if events:
        event = min(events, key=lambda one: one.order)
        inputs = course.looked_at(CBR_ANALYTES, event.until)
        return assess(
            RULE, "RELAPSE", event.why, at=event.at, inputs=inputs, evaluable_until=event.at.on
        )
    return _without_relapse(course)


# --- the criteria on one sample -----------------------------------------------------------------


def _high(course: Course, sample: Sample) -> Truth:
    """(a) ALT or AST above the relapse multiple."""
    multiple = course.timeline.parameters.relapse_multiple
    return any_true(*(exceeds(sample.get(one), multiple) for one in TRANSAMINASES))


def _raised_with_igg(sample: Sample) -> Truth:
    """(b) ALT or AST above normal together with IgG above normal."""
    raised = any_true(*(exceeds(sample.get(one)) for one in TRANSAMINASES))
    return all_true(raised, exceeds(sample.get("IGG")))


def _relapse_signs(course: Course, sample: Sample) -> Truth:
    """Unknown where the sample leaves (a) or (b) open; such a sample proves no freedom."""
    high, raised = _high(course, sample), _raised_with_igg(sample)
    return None if high is None or raised is None else high or raised


def _confirmation(course: Course, sample: Sample) -> tuple[Confirmation, Sample | None]:
    """What the next sample in the confirming weeks says; one that says nothing is passed over."""
    opens, closes = _confirm_window(course, sample)
    for later in course.after:
        if opens <= later.collected_on <= closes:
            again = _raised_with_igg(later)
            if again is not None:
                return ("confirmed" if again else "refuted"), later
    over = any(later.collected_on > closes for later in course.after)
    return ("refuted" if over else "pending"), None


def _confirm_window(course: Course, sample: Sample) -> tuple[date, date]:
    first, last = course.timeline.parameters.igg_confirm_weeks
    day = sample.collected_on
    return day + timedelta(weeks=first), day + timedelta(weeks=last)


# --- events -------------------------------------------------------------------------------------


def _laboratory_event(course: Course) -> _Event | None:
    for sample in course.after:
        if _high(course, sample):
            return _high_event(course, sample)
        if _raised_with_igg(sample):
            state, confirming = _confirmation(course, sample)
            if state == "confirmed" and confirming is not None:
                return _confirmed_event(course, sample, confirming)
    return None


def _event_params(course: Course, at: Moment) -> dict[str, str]:
    return course.event(at, lambda sample: _relapse_signs(course, sample))


def _furthest(observations: Iterable[Observation | None], sample: Sample) -> Observation | None:
    """The result furthest above its limit among those given."""
    return worst(sample, [one.analyte for one in observations if one is not None])


def _high_event(course: Course, sample: Sample) -> _Event | None:
    multiple = course.timeline.parameters.relapse_multiple
    over = [sample.get(one) for one in TRANSAMINASES if exceeds(sample.get(one), multiple)]
    observation = _furthest(over, sample)
    if observation is None:
        return None
    at = course.timeline.moment(sample)
    params = value_params(observation, multiple) | _event_params(course, at)
    return _Event(at, "a", reason("over_threshold", **params), at.on)


def _rise_params(course: Course, sample: Sample) -> dict[str, str]:
    """The transaminase and the IgG of a rise that needs confirming."""
    at = course.timeline.moment(sample)
    observation = worst(sample, TRANSAMINASES)
    values = {"analyte": "", "times": "", "threshold": "1"}
    if observation is not None:
        values = value_params(observation, ULN)
    igg = times_uln(sample.get("IGG"), ULN)
    return values | {"igg_times": igg} | _event_params(course, at)


def _confirmed_event(course: Course, sample: Sample, confirming: Sample) -> _Event:
    later = course.timeline.moment(confirming)
    why = reason(
        "confirmed_rise",
        **_rise_params(course, sample),
        confirm_week=later.week_text,
        confirm_visit=later.visit_code,
    )
    return _Event(course.timeline.moment(sample), "b", why, later.on)


def _therapy_event(course: Course) -> _Event | None:
    day = course.therapy_for_relapse()
    if day is None:
        return None
    at = course.timeline.moment_of(day)
    params = _event_params(course, at)
    why = reason("immunosuppression_for_relapse", on=day.isoformat(), **params)
    return _Event(at, "c", why, day)


def _biopsy_event(course: Course) -> _Event | None:
    """(d): an active biopsy after one in histological remission."""
    bound = course.timeline.parameters.mhai_remission_below
    quiet: Biopsy | None = None
    for biopsy in sorted(course.timeline.series.biopsies, key=lambda one: one.on):
        if not biopsy.adequate or biopsy.mhai is None:
            continue
        if biopsy.mhai < bound:
            quiet = biopsy
        elif quiet is not None and quiet.on < biopsy.on and biopsy.on > course.cbr_on:
            return _active_biopsy(course, biopsy, quiet)
    return None


def _active_biopsy(course: Course, biopsy: Biopsy, quiet: Biopsy) -> _Event:
    at = course.timeline.moment_of(biopsy.on)
    why = reason(
        "biopsy_relapse",
        mhai=str(biopsy.mhai),
        on=biopsy.on.isoformat(),
        remission_mhai=str(quiet.mhai),
        remission_on=quiet.on.isoformat(),
        **_event_params(course, at),
    )
    return _Event(at, "d", why, biopsy.on)


# --- no relapse ---------------------------------------------------------------------------------


def _without_relapse(course: Course) -> Assessment:
    """Pending confirmation before loss of response, that before the quiet courses."""
    until = course.known_until(lambda sample: _relapse_signs(course, sample))
    inputs = course.looked_at(CBR_ANALYTES)
    for sample in course.after:
        if _raised_with_igg(sample) and _confirmation(course, sample)[0] == "pending":
            opens, closes = _confirm_window(course, sample)
            why = reason(
                "rise_awaits_confirmation",
                **_rise_params(course, sample),
                confirm_from=opens.isoformat(),
                confirm_until=closes.isoformat(),
            )
            at = course.timeline.moment(sample)
            return assess(
                RULE, "PENDING_CONFIRMATION", why, at=at, inputs=inputs, evaluable_until=until
            )
    lost = next((sample for sample in course.after if in_cbr(sample) is False), None)
    if lost is not None:
        return _lost(course, lost, until)
    return _kept(course, until)


def _lost(course: Course, sample: Sample, until: date | None) -> Assessment:
    at = course.timeline.moment(sample)
    observation = worst(sample)
    values = {"analyte": "", "times": "", "threshold": "1"}
    if observation is not None:
        values = value_params(observation, ULN)
    why = reason("above_uln_after_cbr", **values, **_event_params(course, at))
    inputs = course.looked_at(CBR_ANALYTES)
    return assess(RULE, "LOSS_OF_CBR", why, at=at, inputs=inputs, evaluable_until=until)


def _kept(course: Course, until: date | None) -> Assessment:
    """Maintained, or nothing to say yet of a response that came late and was not followed up.

    A response shown in time counts as maintained on the day it is shown (worked cases 4 and 5),
    one shown after month 6 only once a later sample answers (worked cases 2 and 11).
    """
    timeline = course.timeline
    inputs = course.looked_at(CBR_ANALYTES)
    followed = until is not None and until > course.cbr_on
    if not followed and not _in_time(course):
        cbr = timeline.moment(course.cbr)
        if course.after:
            why = reason(
                "not_evaluable_after_cbr",
                analytes=unknown(course.after[-1]),
                cbr_week=cbr.week_text,
                cbr_visit=cbr.visit_code,
            )
        else:
            why = reason("no_follow_up_after_cbr", cbr_week=cbr.week_text, cbr_visit=cbr.visit_code)
        return assess(RULE, "NO_FOLLOW_UP", why, inputs=inputs, evaluable_until=until)
    why = reason("maintained", **course.follow_up(until))
    return assess(RULE, "CBR_MAINTAINED", why, inputs=inputs, evaluable_until=until)


def _in_time(course: Course) -> bool:
    parameters = course.timeline.parameters
    start = course.timeline.start
    if start is None:
        return False
    days = 7 * parameters.six_month_week + parameters.six_month_window_after
    return course.cbr_on <= start + timedelta(days=days)
