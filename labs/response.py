"""Response to treatment after IAIHG 2022 and its missing-value rules (clinical rules §3)."""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext

from labs.assessment import Assessment, Moment, Reason, assess, input_keys, reason
from labs.series import Observation, Sample
from labs.timeline import (
    CBR_ANALYTES,
    Timeline,
    first_where,
    in_cbr,
    nearest,
    times_uln,
    unknown,
    weeks_after,
    worst,
)
from labs.truth import exceeds, fallen_to, within_normal
from trial.protocol.truth import Truth, all_true, any_true, negate

TRANSAMINASES = ("ALT", "AST")


def assess_response(timeline: Timeline) -> tuple[Assessment, ...]:
    """Every response term, in a fixed order."""
    return (
        baseline_in_cbr(timeline),
        non_response(timeline),
        six_month_status(timeline),
        first_cbr(timeline),
        histology(timeline),
    )


def imputed_success(status: Assessment, *, missing_as_failure: bool) -> bool | None:
    """The primary analysis's reading of a six-month status; None: not in the denominator.

    With `missing_as_failure` (NRI) a status that is not evaluable counts as failure.
    """
    match status.outcome:
        case "CBR_BY_M6":
            return True
        case "INSUFFICIENT":
            return False
        case "NE_M6" if missing_as_failure:
            return False
    return None


def _no_anchor(timeline: Timeline) -> Reason:
    return reason("anchor_missing", anchor=timeline.parameters.anchor)


# --- baseline ---------------------------------------------------------------------------------


def _baseline_normal(timeline: Timeline, analyte: str) -> Truth:
    found = timeline.baseline(analyte)
    return None if found is None else within_normal(found[1])


def _baseline_cbr(timeline: Timeline) -> Truth:
    return all_true(*(_baseline_normal(timeline, analyte) for analyte in CBR_ANALYTES))


def baseline_in_cbr(timeline: Timeline) -> Assessment:
    """Whether the last values before treatment are all normal: nothing there to respond."""
    rule = "BASELINE_IN_CBR"
    if timeline.anchor is None:
        return assess(rule, "NE", _no_anchor(timeline))
    found = {one: timeline.baseline(one) for one in CBR_ANALYTES}
    inputs = [key for one, hit in found.items() if hit for key in input_keys([hit[0]], [one])]
    known = [hit for hit in found.values() if hit]
    latest = max((sample for sample, _ in known), key=lambda sample: sample.order, default=None)
    at = timeline.moment(latest) if latest else None
    status = _baseline_cbr(timeline)
    if status and at:
        return assess(
            rule, "YES", reason("baseline_in_cbr", on=at.on.isoformat()), at=at, inputs=inputs
        )
    if status is False:
        sample, high = next(hit for hit in known if exceeds(hit[1]))
        why = reason(
            "baseline_above_uln",
            analyte=high.analyte,
            times=times_uln(high, Decimal(1)),
            on=sample.collected_on.isoformat(),
        )
        return assess(rule, "NO", why, at=timeline.moment(sample), inputs=inputs)
    gaps = ", ".join(one for one in CBR_ANALYTES if _baseline_normal(timeline, one) is None)
    return assess(rule, "NE", reason("baseline_values_missing", analytes=gaps), inputs=inputs)


# --- non-response -----------------------------------------------------------------------------


def non_response(timeline: Timeline) -> Assessment:
    """Less than the required fall of the transaminases within the first weeks.

    BOTH: neither ALT nor AST fell enough; EITHER: at least one did not; ALT: ALT did not.
    """
    rule = "NON_RESPONSE"
    if timeline.anchor is None:
        return assess(rule, "NE", _no_anchor(timeline))
    analytes = TRANSAMINASES if timeline.parameters.non_response_marker != "ALT" else ("ALT",)
    early = _early_samples(timeline, timeline.anchor)
    baselines = [hit for one in analytes if (hit := timeline.baseline(one))]
    inputs = input_keys(early, analytes)
    for sample, observation in baselines:
        inputs += input_keys([sample], [observation.analyte])
    unfit = _baseline_unfit(timeline)
    if unfit is not None:
        return assess(rule, "NE", unfit, inputs=inputs)
    falls = {one: _fell(timeline, one, timeline.anchor) for one in analytes}
    failed = [negate(fall) for fall in falls.values()]
    combine = any_true if timeline.parameters.non_response_marker == "EITHER" else all_true
    verdict = combine(*failed)
    if verdict is None:
        return assess(rule, "NE", _fall_unknown(timeline, falls), inputs=inputs)
    if verdict:
        return assess(rule, "YES", _not_reached(timeline, early), inputs=inputs)
    reached = next(one for one, fall in falls.items() if fall)
    why, at = _reached(timeline, early, reached)
    return assess(rule, "NO", why, at=at, inputs=inputs)


def _early_samples(timeline: Timeline, anchor: date) -> tuple[Sample, ...]:
    parameters = timeline.parameters
    last = weeks_after(anchor, parameters.non_response_week)
    last += timedelta(days=parameters.non_response_grace_days)
    return timeline.between(anchor + timedelta(days=1), last)


def _baseline_unfit(timeline: Timeline) -> Reason | None:
    """A baseline ALT that is normal, missing or without an upper limit has nothing to halve."""
    found = timeline.baseline("ALT")
    normal = _baseline_normal(timeline, "ALT")
    if found is None or normal is None:
        return reason("baseline_values_missing", analytes="ALT")
    if normal:
        return reason("baseline_normal", analyte="ALT", times=times_uln(found[1]))
    return None


def _halved(timeline: Timeline, sample: Sample, analyte: str) -> Truth:
    found = timeline.baseline(analyte)
    return fallen_to(
        sample.get(analyte),
        timeline.parameters.non_response_fraction,
        found[1] if found else None,
    )


def _fell(timeline: Timeline, analyte: str, anchor: date) -> Truth:
    """Whether the analyte fell enough in time; "no" needs a sample in the weeks that count."""
    early = _early_samples(timeline, anchor)
    answers = [_halved(timeline, one, analyte) for one in early if one.get(analyte) is not None]
    if any(answer is True for answer in answers):
        return True
    first, last = timeline.parameters.non_response_sample_weeks
    due = timeline.between(weeks_after(anchor, first), weeks_after(anchor, last))
    if any(answer is None for answer in answers):
        return None
    return False if any(sample.get(analyte) is not None for sample in due) else None


def _fall_unknown(timeline: Timeline, falls: dict[str, Truth]) -> Reason:
    open_analytes = [analyte for analyte, fall in falls.items() if fall is None]
    first, last = timeline.parameters.non_response_sample_weeks
    anchor = timeline.anchor
    due: tuple[Sample, ...] = ()
    if anchor is not None:
        due = timeline.between(weeks_after(anchor, first), weeks_after(anchor, last))
    if any(sample.usable for sample in due):
        return reason("fall_unknown", analytes=", ".join(open_analytes))
    return reason("no_sample_in_weeks", from_week=str(first), to_week=str(last))


def _percent(value: Observation | None, baseline: Observation | None) -> Decimal | None:
    """The fall in percent of baseline; negative for a rise."""
    if value is None or baseline is None or not baseline.value > 0:
        return None
    with localcontext(Context(prec=28)):
        return 100 * (1 - value.value / baseline.value)


def _percent_text(percent: Decimal | None) -> str:
    if percent is None:
        return ""
    text = f"{percent.quantize(Decimal('0.01'), rounding=ROUND_HALF_UP):f}"
    return text.rstrip("0").rstrip(".")


def _required(timeline: Timeline) -> str:
    return _percent_text(100 * (1 - timeline.parameters.non_response_fraction))


def _best_fall(timeline: Timeline, early: tuple[Sample, ...], analyte: str) -> str:
    found = timeline.baseline(analyte)
    falls = [_percent(one.get(analyte), found[1] if found else None) for one in early]
    return _percent_text(max((fall for fall in falls if fall is not None), default=None))


def _not_reached(timeline: Timeline, early: tuple[Sample, ...]) -> Reason:
    return reason(
        "fall_not_reached",
        alt_percent=_best_fall(timeline, early, "ALT"),
        ast_percent=_best_fall(timeline, early, "AST"),
        required=_required(timeline),
        by_week=str(timeline.parameters.non_response_week),
    )


def _reached(timeline: Timeline, early: tuple[Sample, ...], analyte: str) -> tuple[Reason, Moment]:
    sample = next(one for one in early if _halved(timeline, one, analyte) is True)
    found = timeline.baseline(analyte)
    at = timeline.moment(sample)
    why = reason(
        "fall_reached",
        analyte=analyte,
        percent=_percent_text(_percent(sample.get(analyte), found[1] if found else None)),
        required=_required(timeline),
        week=at.week_text,
        visit=at.visit_code,
    )
    return why, at


# --- complete biochemical response --------------------------------------------------------------


def six_month_window(timeline: Timeline, anchor: date) -> tuple[date, date, date]:
    """Opening, target and closing day of the six-month sample."""
    parameters = timeline.parameters
    target = weeks_after(anchor, parameters.six_month_week)
    return (
        target - timedelta(days=parameters.six_month_window_before),
        target,
        target + timedelta(days=parameters.six_month_window_after),
    )


def six_month_status(timeline: Timeline) -> Assessment:
    """Complete response at any visit up to the six-month window, else what that window shows."""
    rule = "RESPONSE_M6"
    anchor = timeline.anchor
    if anchor is None:
        return assess(rule, "NE_M6", _no_anchor(timeline))
    baselines = [hit[0] for one in CBR_ANALYTES if (hit := timeline.baseline(one))]
    if _baseline_cbr(timeline):
        last = max(baselines, key=lambda sample: sample.order)
        why = reason("baseline_in_cbr", on=last.collected_on.isoformat())
        inputs = input_keys(baselines, CBR_ANALYTES)
        return assess(rule, "BASELINE_IN_CBR", why, at=timeline.moment(last), inputs=inputs)
    opens, target, closes = six_month_window(timeline, anchor)
    visits = timeline.visits(anchor, closes)
    inputs = input_keys([*baselines, *visits], CBR_ANALYTES)
    shown = first_where(visits, in_cbr)
    if shown is not None:
        at = timeline.moment(shown)
        why = reason("cbr_shown", week=at.week_text, visit=at.visit_code)
        looked_at = [one for one in visits if one.order <= shown.order]
        inputs = input_keys([*baselines, *looked_at], CBR_ANALYTES)
        return assess(rule, "CBR_BY_M6", why, at=at, inputs=inputs)
    decisive = nearest((one for one in visits if one.collected_on >= opens), target)
    if decisive is None:
        return assess(rule, "NE_M6", _no_six_month_sample(timeline, opens), inputs=inputs)
    outcome = "INSUFFICIENT" if in_cbr(decisive) is False else "NE_M6"
    at = timeline.moment(decisive)
    return assess(rule, outcome, _why_not_cbr(timeline, decisive), at=at, inputs=inputs)


def _no_six_month_sample(timeline: Timeline, opens: date) -> Reason:
    """Missing, or still to come as far as the samples tell: rules know no calendar of their own."""
    passed = any(sample.collected_on >= opens for sample in timeline.samples)
    return reason(
        "month6_sample_missing" if passed else "month6_not_reached",
        by_week=str(timeline.parameters.six_month_week),
    )


def _why_not_cbr(timeline: Timeline, sample: Sample) -> Reason:
    at = timeline.moment(sample)
    high = worst(sample)
    if high is None:
        return reason(
            "values_missing", analytes=unknown(sample), week=at.week_text, visit=at.visit_code
        )
    return reason(
        "above_uln",
        analyte=high.analyte,
        times=times_uln(high, Decimal(1)),
        week=at.week_text,
        visit=at.visit_code,
    )


def first_cbr(timeline: Timeline) -> Assessment:
    """The first sample after the anchor, scheduled or not, that shows complete response."""
    rule = "CBR"
    if timeline.anchor is None:
        return assess(rule, "NE", _no_anchor(timeline))
    later = [one for one in timeline.after(timeline.anchor) if one.usable]
    inputs = input_keys(later, CBR_ANALYTES)
    shown = first_where(later, in_cbr)
    if shown is not None:
        return _cbr_shown(timeline, shown, timeline.anchor, later)
    if not later:
        return assess(rule, "NE", reason("no_sample_after_baseline"))
    doubtful = [one for one in later if in_cbr(one) is None]
    decisive = doubtful[-1] if doubtful else later[-1]
    why = _why_not_cbr(timeline, decisive)
    at = timeline.moment(decisive)
    return assess(rule, "NE" if doubtful else "NO_CBR", why, at=at, inputs=inputs)


def _cbr_shown(timeline: Timeline, shown: Sample, anchor: date, later: list[Sample]) -> Assessment:
    at = timeline.moment(shown)
    _, _, closes = six_month_window(timeline, anchor)
    if shown.collected_on <= closes:
        why = reason("cbr_shown", week=at.week_text, visit=at.visit_code)
    else:
        why = reason(
            "cbr_shown_late",
            week=at.week_text,
            visit=at.visit_code,
            by_week=str(timeline.parameters.six_month_week),
        )
    looked_at = [one for one in later if one.order <= shown.order]
    return assess("CBR", "CBR", why, at=at, inputs=input_keys(looked_at, CBR_ANALYTES))


# --- histology --------------------------------------------------------------------------------


def histology(timeline: Timeline) -> Assessment:
    """Remission is an mHAI below the bound in the latest adequate biopsy after the anchor."""
    rule = "HISTOLOGY"
    anchor = timeline.anchor
    if anchor is None:
        return assess(rule, "NE", _no_anchor(timeline))
    later = sorted(
        (one for one in timeline.series.biopsies if one.on > anchor), key=lambda one: one.on
    )
    if not later:
        return assess(rule, "NE", reason("biopsy_missing"))
    read = [(one.on, one.mhai) for one in later if one.adequate and one.mhai is not None]
    if not read:
        on = later[-1].on
        why = reason("biopsy_not_evaluable", on=on.isoformat())
        return assess(rule, "NE", why, at=timeline.moment_of(on))
    on, mhai = max(read)  # two on one day: the worse grade
    bound = timeline.parameters.mhai_remission_below
    remission = mhai < bound
    why = reason(
        "biopsy_in_remission" if remission else "biopsy_active",
        mhai=str(mhai),
        below=str(bound),
        on=on.isoformat(),
    )
    return assess(rule, "REMISSION" if remission else "ACTIVE", why, at=timeline.moment_of(on))
