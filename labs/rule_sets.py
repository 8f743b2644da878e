"""The published relapse rule sets RS1 to RS7 as flags beside the endpoint (clinical rules §3.2).

Each starts from the first documented complete response. RS2's withdrawal of treatment is not in
the laboratory course: its flag says that the laboratory part is met. RS4 and RS7 have no numbers
and only ask for adjudication once something is above normal again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from labs.assessment import Assessment, InputKey, Moment, Reason, assess, reason
from labs.course import Course, Test, course_of, no_course, value_params
from labs.series import Sample
from labs.timeline import CBR_ANALYTES, Timeline, first_where, in_cbr, unknown, worst
from labs.truth import above, exceeds
from trial.protocol.truth import Truth, any_true, negate


@dataclass(frozen=True, slots=True)
class _Finding:
    """An event of a rule set and the outcome it stands for."""

    at: Moment
    why: Reason
    outcome: str = "RELAPSE"


def easl_2015(timeline: Timeline) -> Assessment:
    """RS1: ALT above three times the upper limit after remission."""
    return _multiple_rule("RS1", timeline, ("ALT",), timeline.parameters.relapse_multiple)


def aasld_2010(timeline: Timeline) -> Assessment:
    """RS2: AST above three times the upper limit, or gamma globulin above the bound, or both."""
    rule, parameters = "RS2", timeline.parameters
    course = course_of(timeline)
    if course is None:
        return no_course(timeline, rule, "NO_REMISSION")

    def test(sample: Sample) -> Truth:
        globulin = above(sample.get("GLOBG"), parameters.gamma_globulin_bound)
        return any_true(exceeds(sample.get("AST"), parameters.relapse_multiple), globulin)

    sample = first_where(course.after, test)
    finding = None
    if sample is not None and exceeds(sample.get("AST"), parameters.relapse_multiple):
        finding = _over_multiple(course, sample, ("AST",), parameters.relapse_multiple, test)
    elif sample is not None:
        finding = _over_globulin(course, sample, test)
    return _answer(rule, course, ("AST", "GLOBG"), test, finding)


def iaihg_1999(timeline: Timeline) -> Assessment:
    """RS3: ALT or AST above twice the upper limit, or active disease on biopsy."""
    rule, multiple = "RS3", timeline.parameters.low_relapse_multiple
    analytes = ("ALT", "AST")
    course = course_of(timeline)
    if course is None:
        return no_course(timeline, rule, "NO_REMISSION")
    test = _multiple_test(analytes, multiple)
    sample = first_where(course.after, test)
    finding = _over_multiple(course, sample, analytes, multiple, test) if sample else None
    biopsy = _active_biopsy(course, test)
    if biopsy and (finding is None or biopsy.at.on < finding.at.on):
        finding = biopsy
    return _answer(rule, course, analytes, test, finding)


def van_gerven_2013(timeline: Timeline) -> Assessment:
    """RS5: ALT above three times the limit; a lesser rise needing therapy is loss of remission."""
    rule, multiple = "RS5", timeline.parameters.relapse_multiple
    course = course_of(timeline)
    if course is None:
        return no_course(timeline, rule, "NO_REMISSION")
    test = _multiple_test(("ALT",), multiple)
    sample = first_where(course.after, test)
    if sample is not None:
        finding = _over_multiple(course, sample, ("ALT",), multiple, test)
    else:
        finding = _rise_needing_therapy(course, multiple, test)
    return _answer(rule, course, ("ALT",), test, finding)


def hartl_2015(timeline: Timeline) -> Assessment:
    """RS6: treatment reinstituted after repeatedly normal aminotransferases and IgG."""
    rule = "RS6"
    first, course = course_of(timeline), course_of(timeline, repeated=True)
    if first is None:
        return no_course(timeline, rule, "NO_REMISSION")
    if course is None:
        cbr = timeline.moment(first.cbr)
        why = reason("remission_not_repeated", cbr_week=cbr.week_text, cbr_visit=cbr.visit_code)
        return assess(rule, "NO_REMISSION", why, inputs=first.looked_at(CBR_ANALYTES))

    # Every draw is an occasion on which a change of therapy would have been recorded.
    def test(sample: Sample) -> Truth:
        return False if sample.usable else None

    day = course.therapy_for_relapse()
    finding = None
    if day is not None:
        at = timeline.moment_of(day)
        params = course.event(at, test)
        finding = _Finding(
            at, reason("immunosuppression_for_relapse", on=day.isoformat(), **params)
        )
    return _answer(rule, course, CBR_ANALYTES, test, finding)


def aasld_2019(timeline: Timeline) -> Assessment:
    """RS4: exacerbation after remission, without a number: adjudicated."""
    return _adjudicated("RS4", timeline)


def easl_bsg_2025(timeline: Timeline) -> Assessment:
    """RS7: adopts the IAIHG terms; its relapse numbers are not verified: adjudicated."""
    return _adjudicated("RS7", timeline)


RULE_SETS: Mapping[str, Callable[[Timeline], Assessment]] = {
    "RS1": easl_2015,
    "RS2": aasld_2010,
    "RS3": iaihg_1999,
    "RS4": aasld_2019,
    "RS5": van_gerven_2013,
    "RS6": hartl_2015,
    "RS7": easl_bsg_2025,
}


def _multiple_test(analytes: tuple[str, ...], multiple: Decimal) -> Test:
    return lambda sample: any_true(*(exceeds(sample.get(one), multiple) for one in analytes))


def _multiple_rule(
    rule: str, timeline: Timeline, analytes: tuple[str, ...], multiple: Decimal
) -> Assessment:
    course = course_of(timeline)
    if course is None:
        return no_course(timeline, rule, "NO_REMISSION")
    test = _multiple_test(analytes, multiple)
    sample = first_where(course.after, test)
    finding = _over_multiple(course, sample, analytes, multiple, test) if sample else None
    return _answer(rule, course, analytes, test, finding)


def _over_multiple(
    course: Course, sample: Sample, analytes: tuple[str, ...], multiple: Decimal, test: Test
) -> _Finding | None:
    over = [one for one in analytes if exceeds(sample.get(one), multiple)]
    observation = worst(sample, over)
    if observation is None:
        return None
    at = course.timeline.moment(sample)
    params = value_params(observation, multiple) | course.event(at, test)
    return _Finding(at, reason("over_threshold", **params))


def _over_globulin(course: Course, sample: Sample, test: Test) -> _Finding | None:
    globulin = sample.get("GLOBG")
    if globulin is None:
        return None
    at = course.timeline.moment(sample)
    why = reason(
        "over_bound",
        analyte="GLOBG",
        value=f"{globulin.comparator}{globulin.value:f}",
        bound=f"{course.timeline.parameters.gamma_globulin_bound:f}",
        **course.event(at, test),
    )
    return _Finding(at, why)


def _active_biopsy(course: Course, test: Test) -> _Finding | None:
    bound = course.timeline.parameters.mhai_remission_below
    active = [
        (one.on, one.mhai)
        for one in course.timeline.series.biopsies
        if one.adequate and one.mhai is not None and one.mhai >= bound and one.on > course.cbr_on
    ]
    if not active:
        return None
    on, mhai = min(active)
    at = course.timeline.moment_of(on)
    params = course.event(at, test)
    why = reason("biopsy_active_after_response", mhai=str(mhai), on=on.isoformat(), **params)
    return _Finding(at, why)


def _rise_needing_therapy(course: Course, multiple: Decimal, test: Test) -> _Finding | None:
    """A change of therapy for the disease while the last ALT is above normal, up to `multiple`."""
    day = course.therapy_for_relapse()
    if day is None:
        return None
    known = [one for one in course.after if one.collected_on <= day and one.get("ALT") is not None]
    observation = known[-1].get("ALT") if known else None
    if (
        observation is None
        or not exceeds(observation)
        or negate(exceeds(observation, multiple)) is not True
    ):
        return None
    at = course.timeline.moment_of(day)
    params = value_params(observation, Decimal(1)) | course.event(at, test)
    why = reason("rise_needing_therapy", on=day.isoformat(), **params)
    return _Finding(at, why, "LOSS_OF_REMISSION")


def _adjudicated(rule: str, timeline: Timeline) -> Assessment:
    course = course_of(timeline)
    if course is None:
        return no_course(timeline, rule, "NO_REMISSION")

    def test(sample: Sample) -> Truth:
        return negate(in_cbr(sample))

    sample = first_where(course.after, test)
    finding = None
    observation = worst(sample) if sample else None
    if sample is not None and observation is not None:
        at = timeline.moment(sample)
        params = value_params(observation, Decimal(1)) | course.event(at, test)
        finding = _Finding(at, reason("needs_judgement", **params), "NEEDS_ADJUDICATION")
    return _answer(rule, course, CBR_ANALYTES, test, finding)


def _answer(
    rule: str, course: Course, analytes: tuple[str, ...], test: Test, finding: _Finding | None
) -> Assessment:
    """The event, or none up to the last sample that answers, or nothing evaluable at all."""
    if finding is not None:
        inputs = course.looked_at(analytes, finding.at.on)
        return assess(
            rule,
            finding.outcome,
            finding.why,
            at=finding.at,
            inputs=inputs,
            evaluable_until=finding.at.on,
        )
    inputs = course.looked_at(analytes)
    until = course.known_until(test)
    if until is None:
        return _not_evaluable(rule, course, analytes, inputs)
    why = reason("not_met", **course.follow_up(until))
    return assess(rule, "NO_RELAPSE", why, inputs=inputs, evaluable_until=until)


def _not_evaluable(
    rule: str, course: Course, analytes: tuple[str, ...], inputs: list[InputKey]
) -> Assessment:
    cbr = course.timeline.moment(course.cbr)
    last: Sample = (course.cbr, *course.after)[-1]
    why = reason(
        "not_evaluable_after_cbr",
        analytes=unknown(last, analytes),
        cbr_week=cbr.week_text,
        cbr_visit=cbr.visit_code,
    )
    return assess(rule, "NE", why, inputs=inputs)
