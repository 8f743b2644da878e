"""Protocol deviations that the facts show (clinical rules §1.2 to §1.4, §9). Pure.

A finding is a proposal: whether it is a deviation, and how grave, is for people to say. All limits
come from the protocol's parameters and the rules that apply them. A fact that is missing is never
a deviation: it is listed as open.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import ROUND_UP, Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Literal

from trial.protocol.criteria import Eligibility
from trial.protocol.dosing import DosingParameters
from trial.protocol.schedule import VisitDefinition, placement
from visits.dosing import (
    Grade,
    WeightError,
    check_weight_date,
    deviation_percent,
    grade,
    order,
    within_protocol,
)

Unit = Literal["", "days", "hours", "percent", "per_kg"]
_SECOND = timedelta(seconds=1)


class Code(StrEnum):
    """What departs from the protocol."""

    VISIT_EARLY = "visit_early"
    VISIT_LATE = "visit_late"
    VISIT_MISSED = "visit_missed"
    ASSESSMENT_MISSED = "assessment_missed"
    DOSE = "dose"
    DOSE_PER_KG = "dose_per_kg"
    WEIGHT_DATE = "weight_date"
    INTERVAL = "interval"
    FIRST_INFUSION_LATE = "first_infusion_late"
    INELIGIBLE = "ineligible"


@dataclass(frozen=True, slots=True)
class Deviation:
    """One finding: `visit` is "" for the participant as a whole.

    `amount` in `unit`: days outside a window or an interval, hours beyond the limit, per cent off
    the order, cells per kg; negative is early or too little. `details` are codes: the assessment,
    the criteria that are not met, the infusion an interval counts from, what is wrong with a
    weight's date.
    """

    code: Code
    visit: str = ""
    on: date | None = None
    amount: Decimal | None = None
    unit: Unit = ""
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Open:
    """What can't be told yet, and which facts are missing for it."""

    code: Code
    visit: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found, and what is open."""

    deviations: tuple[Deviation, ...] = ()
    open: tuple[Open, ...] = ()

    def __add__(self, other: "Findings") -> "Findings":
        return Findings(self.deviations + other.deviations, self.open + other.open)


@dataclass(frozen=True, slots=True)
class VisitFacts:
    """A visit as it went; a window of None: it has none.

    `assessments` answers for each one that was due whether it was done; None: nobody said.
    """

    code: str
    opens_on: date | None = None
    closes_on: date | None = None
    held_on: date | None = None
    missed: bool = False
    assessments: Mapping[str, bool | None] | None = None


@dataclass(frozen=True, slots=True)
class InfusionFacts:
    """An infusion that was given. Cells in 10^6 viable cells, weight in kg.

    `visit` is the definition under which it was given; its week and window set the interval.
    """

    visit: VisitDefinition
    on: date
    ordered: Decimal | None = None
    given: Decimal | None = None
    weight: Decimal | None = None
    weighed_on: date | None = None


def total(findings: Sequence[Findings]) -> Findings:
    """Everything together, in the order given."""
    return sum(findings, Findings())


# --- visits -------------------------------------------------------------------------------------


def of_visit(visit: VisitFacts, today: date) -> Findings:
    """Held outside its window, missed, or held without what was due.

    A missed visit is one deviation, not one for each assessment. A visit that is neither held nor
    missed though its window is past is open: it may only not have been entered yet.
    """
    if visit.missed:
        return Findings((Deviation(Code.VISIT_MISSED, visit.code, visit.closes_on),))
    if visit.held_on is None:
        past = visit.closes_on is not None and visit.closes_on < today
        return Findings(open=(Open(Code.VISIT_MISSED, visit.code, ("held_on",)),) if past else ())
    return Findings(_outside(visit, visit.held_on)) + _assessments(visit, visit.held_on)


def _outside(visit: VisitFacts, held_on: date) -> tuple[Deviation, ...]:
    """By how many days; on either end of the window is inside it."""
    if visit.opens_on is None or visit.closes_on is None:
        return ()
    where = placement(held_on, visit.opens_on, visit.closes_on)
    if where == "in_window":
        return ()
    code = Code.VISIT_EARLY if where == "early" else Code.VISIT_LATE
    end = visit.opens_on if where == "early" else visit.closes_on
    days = Decimal((held_on - end).days)
    return (Deviation(code, visit.code, held_on, days, "days"),)


def _assessments(visit: VisitFacts, held_on: date) -> Findings:
    due = visit.assessments or {}
    code = Code.ASSESSMENT_MISSED
    return Findings(
        tuple(
            Deviation(code, visit.code, held_on, details=(name,))
            for name, done in due.items()
            if done is False
        ),
        tuple(Open(code, visit.code, (name,)) for name, done in due.items() if done is None),
    )


# --- infusions ----------------------------------------------------------------------------------


def of_dose(parameters: DosingParameters, infusion: InfusionFacts) -> Findings:
    """The dose off its order, outside the range per kg, or of a weight of another time.

    A warning (beyond 10 %, not beyond 20 %) is no deviation. A dose stopped on purpose is one all
    the same: why it is less stands in the record, not in the figures. Raises ValueError for an
    order that is not above 0, WeightError for a weight no dose is made for.
    """
    return (
        _off_order(parameters, infusion)
        + _off_range(parameters, infusion)
        + _weight_date(parameters, infusion)
    )


def _off_order(parameters: DosingParameters, infusion: InfusionFacts) -> Findings:
    ordered, given = infusion.ordered, infusion.given
    if ordered is None or given is None:
        return _open(Code.DOSE, infusion, "ordered", "given")
    if grade(parameters, ordered, given) is not Grade.DEVIATION:
        return Findings()
    percent = deviation_percent(ordered, given)
    return _found(Code.DOSE, infusion, percent, "percent")


def _off_range(parameters: DosingParameters, infusion: InfusionFacts) -> Findings:
    """The order against the protocol: what was given of it is the other rule's matter.

    An order is rounded, and so are the ends of the range before it is said to lie outside.
    """
    ordered, weight = infusion.ordered, infusion.weight
    if ordered is None or weight is None:
        return _open(Code.DOSE_PER_KG, infusion, "ordered", "weight")
    low, high = (
        order(replace(parameters, dose_per_kg=per_kg), weight).cells
        for per_kg in (parameters.dose_per_kg_low, parameters.dose_per_kg_high)
    )
    if within_protocol(parameters, weight, ordered) or low <= ordered <= high:
        return Findings()
    return _found(Code.DOSE_PER_KG, infusion, ordered / weight, "per_kg")


def _weight_date(parameters: DosingParameters, infusion: InfusionFacts) -> Findings:
    if infusion.weighed_on is None:
        return _open(Code.WEIGHT_DATE, infusion, "weighed_on")
    try:
        check_weight_date(parameters, infusion.weighed_on, infusion.on)
    except WeightError as wrong:
        days = Decimal((infusion.on - infusion.weighed_on).days)
        return _found(Code.WEIGHT_DATE, infusion, days, "days", wrong.code)
    return Findings()


def of_intervals(infusions: Sequence[InfusionFacts]) -> Findings:
    """Two infusions nearer or further apart than their weeks say, by more than the window.

    The interval is planned from the weeks of both; the window of the later visit is its tolerance
    [study default]: with windows of 3 days, week 8 follows week 4 after 25 to 31 days, even if
    both were held inside windows counted from day 0. After an infusion left out, the interval is
    that of the two that were given. An infusion at a visit without a week has no interval.
    """
    weekly = [one for one in infusions if one.visit.week is not None]
    ordered = sorted(weekly, key=lambda one: one.on)
    return Findings(
        tuple(
            found
            for before, after in pairwise(ordered)
            if (found := _interval(before, after)) is not None
        )
    )


def _interval(before: InfusionFacts, after: InfusionFacts) -> Deviation | None:
    weeks = (after.visit.week or 0) - (before.visit.week or 0)
    off = (after.on - before.on - timedelta(weeks=weeks)).days
    if off < -after.visit.window_before:
        beyond = off + after.visit.window_before
    elif off > after.visit.window_after:
        beyond = off - after.visit.window_after
    else:
        return None
    details = (before.visit.code,)
    return Deviation(Code.INTERVAL, after.visit.code, after.on, Decimal(beyond), "days", details)


# --- randomisation ------------------------------------------------------------------------------


def of_eligibility(randomised_at: datetime | None, eligibility: Eligibility) -> Findings:
    """Randomised though a criterion is not met; open while one is not answered (§1.2).

    Who was not randomised deviates from nothing, eligible or not.
    """
    if randomised_at is None or eligibility.eligible:
        return Findings()
    if eligibility.eligible is None:
        return Findings(open=(Open(Code.INELIGIBLE, "", eligibility.open),))
    on = randomised_at.date()
    return Findings((Deviation(Code.INELIGIBLE, "", on, details=eligibility.unmet),))


def of_first_infusion(
    first_infusion_hours: int,
    randomised_at: datetime | None,
    started_at: datetime | None,
    now: datetime,
) -> Findings:
    """The first infusion later than the protocol's hours after randomisation (§9); on them is fine.

    `amount` are the hours beyond, a tenth begun counts. Not started is open once the hours are
    over: it may not have been entered. Times carry their zone, dates are taken in it.
    """
    if randomised_at is None:
        return Findings()
    latest = randomised_at + timedelta(hours=first_infusion_hours)
    code = Code.FIRST_INFUSION_LATE
    if started_at is None:
        return Findings(open=(Open(code, "", ("started_at",)),) if now > latest else ())
    if started_at <= latest:
        return Findings()
    seconds = Decimal((started_at - latest) // _SECOND)
    hours = (seconds / 3600).quantize(Decimal("0.1"), ROUND_UP)
    return Findings((Deviation(code, "", started_at.date(), hours, "hours"),))


def _found(
    code: Code, infusion: InfusionFacts, amount: Decimal, unit: Unit, *details: str
) -> Findings:
    return Findings((Deviation(code, infusion.visit.code, infusion.on, amount, unit, details),))


def _open(code: Code, infusion: InfusionFacts, *names: str) -> Findings:
    missing = tuple(name for name in names if getattr(infusion, name) is None)
    return Findings(open=(Open(code, infusion.visit.code, missing),))
