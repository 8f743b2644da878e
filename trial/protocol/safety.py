"""What the protocol may change about safety; the rules that read it are in `safety`.

Study defaults of clinical rules §6.2, §6.3, §10.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum


class Cause(StrEnum):
    """What an adverse event may be related to, judged for each (clinical rules §10.1)."""

    PRODUCT = "product"
    STEROID = "steroid"
    AZATHIOPRINE = "azathioprine"
    INFUSION = "infusion"
    BIOPSY = "biopsy"


class Relatedness(StrEnum):
    """How likely a cause is, from least to most."""

    UNRELATED = "unrelated"
    UNLIKELY = "unlikely"
    POSSIBLE = "possible"
    PROBABLE = "probable"
    RELATED = "related"


class Party(StrEnum):
    """Who sends or receives a report."""

    INVESTIGATOR = "investigator"
    SPONSOR = "sponsor"
    AUTHORITY = "authority"
    ETHICS_COMMITTEE = "ethics_committee"


class Report(StrEnum):
    """A report with a clock (clinical rules §10.2)."""

    SAE = "sae"
    SAE_FOLLOW_UP = "sae_follow_up"
    SUSAR_FATAL = "susar_fatal"  # fatal or life-threatening
    SUSAR_FATAL_COMPLETE = "susar_fatal_complete"
    SUSAR = "susar"
    SUSAR_FOLLOW_UP = "susar_follow_up"
    PREGNANCY = "pregnancy"
    PREGNANCY_FOLLOW_UP = "pregnancy_follow_up"


@dataclass(frozen=True, slots=True)
class Clock:
    """The limit of a report, in `hours` from awareness or in calendar `days` after day 0.

    `escalate` are hours or days of the same count at which it is raised while it is not sent.
    """

    report: Report
    sender: Party
    recipients: tuple[Party, ...]
    hours: int | None = None
    days: int | None = None
    escalate: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if (self.hours is None) == (self.days is None):
            raise ValueError("A clock counts hours or days.")


_TO_SPONSOR = (Party.SPONSOR,)
_OUTSIDE = (Party.AUTHORITY, Party.ETHICS_COMMITTEE)


def _to_sponsor(report: Report) -> Clock:
    return Clock(report, Party.INVESTIGATOR, _TO_SPONSOR, hours=24, escalate=(12, 20))


def _outside(report: Report, days: int, escalate: int) -> Clock:
    return Clock(report, Party.SPONSOR, _OUTSIDE, days=days, escalate=(escalate,))


@dataclass(frozen=True, slots=True)
class ClockParameters:
    """Limits and recipients of reports; recipients beyond the sponsor are to be confirmed.

    The complete report of a fatal case is due 7 + 8 days after day 0. The aggregate report (DSUR)
    is yearly, within `dsur_days` of its data lock.
    """

    clocks: tuple[Clock, ...] = (
        _to_sponsor(Report.SAE),
        _to_sponsor(Report.SAE_FOLLOW_UP),
        _outside(Report.SUSAR_FATAL, 7, 5),
        _outside(Report.SUSAR_FATAL_COMPLETE, 15, 12),
        _outside(Report.SUSAR, 15, 12),
        _outside(Report.SUSAR_FOLLOW_UP, 15, 12),
        _to_sponsor(Report.PREGNANCY),
        _to_sponsor(Report.PREGNANCY_FOLLOW_UP),
    )
    dsur_days: int = 60

    def clock(self, report: Report) -> Clock:
        """The clock of a report; KeyError if the protocol has none."""
        for clock in self.clocks:
            if clock.report == report:
                return clock
        raise KeyError(report)


@dataclass(frozen=True, slots=True)
class LiverSignalParameters:
    """Lines of Hy's law and eDISH (clinical rules §6.3), as multiples of the reference.

    `..._inclusive`: on the line counts. ALP always is a multiple of its upper limit, below the
    line. The bilirubin counts from the day of the transaminase to `window_days` after it.
    `baseline_at_least_upper`: a baseline or nadir within normal counts as the upper limit, so that
    a rise within normal is no signal; off, multiples are of the plain value.
    """

    transaminase_multiple: Decimal = Decimal(3)
    transaminase_inclusive: bool = True
    bilirubin_multiple: Decimal = Decimal(2)
    bilirubin_inclusive: bool = False
    alp_multiple: Decimal = Decimal(2)
    window_days: int = 30
    baseline_at_least_upper: bool = False


@dataclass(frozen=True, slots=True)
class LiverStoppingParameters:
    """When to watch closely and when to stop (clinical rules §6.3, every figure to be verified).

    Reached on the figure itself. `elevated_from` in multiples of the upper limit divides the two
    sets; `normal_*` are multiples of the upper limit, `elevated_*` of the baseline, `*_units` U/L.
    """

    elevated_from: Decimal = Decimal("1.5")
    normal_stop: Decimal = Decimal(8)
    normal_watch: Decimal = Decimal(5)
    normal_with_sign: Decimal = Decimal(3)
    elevated_stop: Decimal = Decimal(5)
    elevated_stop_units: Decimal = Decimal(500)
    elevated_watch: Decimal = Decimal(3)
    elevated_watch_units: Decimal = Decimal(300)
    elevated_with_sign: Decimal = Decimal(2)
    elevated_with_sign_units: Decimal = Decimal(300)
    bilirubin: Decimal = Decimal(2)


@dataclass(frozen=True, slots=True)
class CausalityParameters:
    """From where on a cause counts as related, and which causes are the investigational product."""

    related_from: Relatedness = Relatedness.POSSIBLE
    investigational: tuple[Cause, ...] = (Cause.PRODUCT,)


@dataclass(frozen=True, slots=True)
class StoppingParameters:
    """When dosing pauses and when the committee reviews (clinical rules §10.3).

    Counts that pause are "at least". The boundary is that of the probability that the rate of
    related serious events lies above `rate` being above `certainty`, from a Beta prior.
    """

    related_deaths: int = 1
    related_grade_4_or_5: int = 1
    related_thromboembolic: int = 2
    contaminated_bags: int = 1
    related_sepsis: int = 1
    halted_infusions: int = 3
    halted_among_first: int = 10
    review_after: tuple[int, ...] = (6, 20, 50, 75)
    prior: tuple[Decimal, Decimal] = (Decimal("0.2"), Decimal("1.8"))
    rate: Decimal = Decimal("0.10")
    certainty: Decimal = Decimal("0.90")


@dataclass(frozen=True, slots=True)
class SafetyParameters:
    """All of it."""

    ctcae_version: str = "5.0"
    clocks: ClockParameters = field(default_factory=ClockParameters)
    liver_signals: LiverSignalParameters = field(default_factory=LiverSignalParameters)
    liver_stopping: LiverStoppingParameters = field(default_factory=LiverStoppingParameters)
    causality: CausalityParameters = field(default_factory=CausalityParameters)
    stopping: StoppingParameters = field(default_factory=StoppingParameters)
