"""What a response or relapse rule answers: an outcome, when, why, and on which inputs.

The reason is a code with parameters; the interface turns it into a sentence of its language.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from labs.series import Sample

InputKey = tuple[int, int, int]  # result id, panel id, panel version

_EVENT = ("week", "visit", "cbr_week", "cbr_visit", "relapse_free_until", "interval_censored")
_VALUE = ("analyte", "times", "threshold", *_EVENT)

# What each reason carries; every parameter is text, "" where it does not apply. Dates are ISO,
# `times` and `*_times` are multiples of the upper limit of normal, weeks count from day 0.
REASON_CODES: Mapping[str, tuple[str, ...]] = {
    "anchor_missing": ("anchor",),
    # baseline
    "baseline_in_cbr": ("on",),
    "baseline_above_uln": ("analyte", "times", "on"),
    "baseline_values_missing": ("analytes",),
    # non-response
    "fall_reached": ("analyte", "percent", "required", "week", "visit"),
    "fall_not_reached": ("alt_percent", "ast_percent", "required", "by_week"),
    "baseline_normal": ("analyte", "times"),
    "no_sample_in_weeks": ("from_week", "to_week"),
    "fall_unknown": ("analytes",),
    # complete biochemical response
    "cbr_shown": ("week", "visit"),
    "cbr_shown_late": ("week", "visit", "by_week"),
    "above_uln": ("analyte", "times", "week", "visit"),
    "values_missing": ("analytes", "week", "visit"),
    "month6_sample_missing": ("by_week",),
    "month6_not_reached": ("by_week",),
    "no_sample_after_baseline": (),
    # histology
    "biopsy_in_remission": ("mhai", "below", "on"),
    "biopsy_active": ("mhai", "below", "on"),
    "biopsy_missing": (),
    "biopsy_not_evaluable": ("on",),
    # course after complete response
    "over_threshold": _VALUE,
    "over_bound": ("analyte", "value", "bound", *_EVENT),
    "confirmed_rise": (*_VALUE, "igg_times", "confirm_week", "confirm_visit"),
    "rise_awaits_confirmation": (
        *_VALUE,
        "igg_times",
        "confirm_from",
        "confirm_until",
    ),
    "immunosuppression_for_relapse": ("on", *_EVENT),
    "biopsy_relapse": ("mhai", "on", "remission_mhai", "remission_on", *_EVENT),
    "biopsy_active_after_response": ("mhai", "on", *_EVENT),
    "rise_needing_therapy": ("on", *_VALUE),
    "above_uln_after_cbr": _VALUE,
    "needs_judgement": _VALUE,
    "maintained": ("until_week", "cbr_week", "cbr_visit", "interval_censored"),
    "not_met": ("until_week", "cbr_week", "cbr_visit", "interval_censored"),
    "no_follow_up_after_cbr": ("cbr_week", "cbr_visit"),
    "not_evaluable_after_cbr": ("analytes", "cbr_week", "cbr_visit"),
    "remission_not_repeated": ("cbr_week", "cbr_visit"),
}

# The outcomes each rule can have.
OUTCOMES: Mapping[str, tuple[str, ...]] = {
    "BASELINE_IN_CBR": ("YES", "NO", "NE"),
    "NON_RESPONSE": ("YES", "NO", "NE"),
    "RESPONSE_M6": ("CBR_BY_M6", "INSUFFICIENT", "BASELINE_IN_CBR", "NE_M6"),
    "CBR": ("CBR", "NO_CBR", "NE"),
    "HISTOLOGY": ("REMISSION", "ACTIVE", "NE"),
    "TRIAL-REL": (
        "RELAPSE",
        "PENDING_CONFIRMATION",
        "LOSS_OF_CBR",
        "CBR_MAINTAINED",
        "NO_FOLLOW_UP",
        "NO_CBR",
        "NE",
    ),
    "RS1": ("RELAPSE", "NO_RELAPSE", "NO_REMISSION", "NE"),
    "RS2": ("RELAPSE", "NO_RELAPSE", "NO_REMISSION", "NE"),
    "RS3": ("RELAPSE", "NO_RELAPSE", "NO_REMISSION", "NE"),
    "RS4": ("NEEDS_ADJUDICATION", "NO_RELAPSE", "NO_REMISSION", "NE"),
    "RS5": ("RELAPSE", "LOSS_OF_REMISSION", "NO_RELAPSE", "NO_REMISSION", "NE"),
    "RS6": ("RELAPSE", "NO_RELAPSE", "NO_REMISSION", "NE"),
    "RS7": ("NEEDS_ADJUDICATION", "NO_RELAPSE", "NO_REMISSION", "NE"),
}

RULE_VERSION = "2026.1"


@dataclass(frozen=True, slots=True)
class Assessment:
    """The answer of one rule; `at_panel_id`, `on`, `week` and `visit_code` place the event.

    `inputs` are the results the rule looked at, sorted. `evaluable_until` is the day up to which
    a "no relapse" is known (clinical rules §3.3), None where the rule knows no such day.
    """

    rule: str
    rule_version: str
    outcome: str
    at_panel_id: int | None
    on: date | None
    week: int | None
    visit_code: str
    reason_code: str
    reason_params: Mapping[str, str]
    inputs: tuple[InputKey, ...]
    evaluable_until: date | None


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason code with exactly the parameters REASON_CODES lists; ValueError otherwise."""

    code: str
    params: Mapping[str, str]

    def __post_init__(self) -> None:
        if set(self.params) != set(REASON_CODES[self.code]):
            raise ValueError(f"{self.code} takes {REASON_CODES[self.code]}")


@dataclass(frozen=True, slots=True)
class Moment:
    """Where in the course something happened."""

    on: date
    week: int | None
    panel_id: int | None = None
    visit_code: str = ""

    @property
    def week_text(self) -> str:
        return "" if self.week is None else str(self.week)


def reason(code: str, **params: str) -> Reason:
    """Shorthand for a Reason."""
    return Reason(code, params)


def assess(
    rule: str,
    outcome: str,
    why: Reason,
    *,
    at: Moment | None = None,
    inputs: Iterable[InputKey] = (),
    evaluable_until: date | None = None,
) -> Assessment:
    """Put an answer together; ValueError for an outcome the rule cannot have."""
    if outcome not in OUTCOMES[rule]:
        raise ValueError(f"{rule} has no outcome {outcome}")
    return Assessment(
        rule=rule,
        rule_version=RULE_VERSION,
        outcome=outcome,
        at_panel_id=at.panel_id if at else None,
        on=at.on if at else None,
        week=at.week if at else None,
        visit_code=at.visit_code if at else "",
        reason_code=why.code,
        reason_params=why.params,
        inputs=tuple(sorted(set(inputs))),
        evaluable_until=evaluable_until,
    )


def input_keys(samples: Iterable[Sample], analytes: Iterable[str]) -> list[InputKey]:
    """The results of these analytes in these samples, as an assessment's inputs."""
    wanted = tuple(analytes)
    return [
        (observation.result_id, sample.panel_id, sample.panel_version)
        for sample in samples
        for analyte in wanted
        if (observation := sample.get(analyte)) is not None
    ]
