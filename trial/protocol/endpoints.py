"""The parameters of response, relapse and MELD; the rules that read them live with the labs."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Anchor = Literal["induction", "day0"]
NonResponseMarker = Literal["BOTH", "ALT", "EITHER"]


@dataclass(frozen=True, slots=True)
class EndpointParameters:
    """Everything the endpoint rules may vary by, with the study defaults of clinical rules §2-3.

    Weeks count from the anchor date; multiples are of the reporting laboratory's upper limit
    (xULN), exceeded only when strictly greater; all bounds are in canonical units.
    """

    # "Initiation of treatment" of IAIHG 2022: start of induction therapy, or the first infusion.
    anchor: Anchor = "induction"

    # Relapse, clinical rules §3.2. All rule sets are computed, one of them is the endpoint.
    relapse_rule_sets: tuple[str, ...] = (
        "RS1",
        "RS2",
        "RS3",
        "RS4",
        "RS5",
        "RS6",
        "RS7",
        "TRIAL-REL",
    )
    relapse_endpoint: str = "TRIAL-REL"
    relapse_multiple: Decimal = Decimal(3)  # TRIAL-REL (a), RS1, RS2, RS5
    low_relapse_multiple: Decimal = Decimal(2)  # RS3
    gamma_globulin_bound: Decimal = Decimal(20)  # g/L, RS2
    igg_confirm_weeks: tuple[int, int] = (1, 6)  # TRIAL-REL (b): the confirming next sample
    relapse_repeat_days: int = 14  # TRIAL-REL (a): a repeat is advised within these days
    mhai_remission_below: int = 4  # histological remission is mHAI < 4; >= 4 after it is relapse

    # Response, clinical rules §3.1 and §3.3.
    six_month_week: int = 24
    six_month_window_before: int = 14  # days
    six_month_window_after: int = 14  # days
    non_response_marker: NonResponseMarker = "BOTH"
    non_response_fraction: Decimal = Decimal("0.5")  # value <= fraction * baseline is "halved"
    non_response_week: int = 4
    non_response_grace_days: int = 7  # samples in (0, week 4 + 7 d] may show the fall
    non_response_sample_weeks: tuple[int, int] = (3, 5)  # at least one sample here, else NE
    missing_six_month_as_failure: bool = True  # NRI in the primary analysis, NE stays in the data

    # MELD, clinical rules §2.
    meld_formulas: tuple[str, ...] = ("MELD", "MELDNA", "MELD30")
    meld_max_spread_hours: int = 72  # between the samples of one score's inputs
    meld_inr_from_pt: bool = True  # only with the lot's ISI and the laboratory's MNPT
