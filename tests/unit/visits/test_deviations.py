"""What the facts show against the protocol, on both sides of each limit (§1.2 to §1.4, §9)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from trial.protocol import schedule
from trial.protocol.criteria import CRITERIA, decide
from trial.protocol.dosing import DosingParameters
from trial.protocol.versions.v1_0 import VERSION
from visits.deviations import (
    Code,
    Deviation,
    Findings,
    InfusionFacts,
    Open,
    VisitFacts,
    of_dose,
    of_eligibility,
    of_first_infusion,
    of_intervals,
    of_visit,
    total,
)
from visits.dosing import WeightError

DAY_0 = date(2026, 3, 5)
TODAY = date(2028, 3, 5)
DOSING = VERSION.dosing
PLAN = {one.code: one for one in schedule.plan(VERSION.visits, DAY_0)}


def after(days):
    return DAY_0 + timedelta(days=days)


def visit(code, days=None, **facts):
    """A visit under the protocol's windows, held so many days after day 0."""
    planned = PLAN[code]
    held_on = None if days is None else after(days)
    return VisitFacts(code, planned.opens_on, planned.closes_on, held_on, **facts)


def infusion(code="W4", days=28, **facts: Any):
    numbers: dict[str, Any] = {
        name: Decimal(value) if isinstance(value, str) else value for name, value in facts.items()
    }
    return InfusionFacts(VERSION.visit(code), after(days), **numbers)


# --- visits -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "days", "found", "amount"),
    [
        ("SCR", -28, None, 0),
        ("SCR", -29, Code.VISIT_EARLY, -1),
        ("SCR", -1, None, 0),
        ("SCR", 0, Code.VISIT_LATE, 1),
        ("D0", 0, None, 0),
        ("D0", 1, Code.VISIT_LATE, 1),
        ("W4", 25, None, 0),  # ±3
        ("W4", 24, Code.VISIT_EARLY, -1),
        ("W4", 31, None, 0),
        ("W4", 32, Code.VISIT_LATE, 1),
        ("W8", 59, None, 0),
        ("W8", 60, Code.VISIT_LATE, 1),
        ("W12", 77, None, 0),  # ±7
        ("W12", 76, Code.VISIT_EARLY, -1),
        ("W12", 91, None, 0),
        ("W12", 101, Code.VISIT_LATE, 10),
        ("W24", 154, None, 0),  # ±14
        ("W24", 153, Code.VISIT_EARLY, -1),
        ("W48", 350, None, 0),
        ("W48", 351, Code.VISIT_LATE, 1),
        ("W72", 483, None, 0),  # ±21
        ("W72", 482, Code.VISIT_EARLY, -1),
        ("W96", 693, None, 0),
        ("W96", 700, Code.VISIT_LATE, 7),
    ],
)
def test_visits_on_both_sides_of_their_windows(code, days, found, amount):
    """§1.3: W4/W8 ±3 d; W12 ±7 d; W24, W36, W48 ±14 d; W72, W96 ±21 d."""
    expected: tuple[Deviation, ...] = ()
    if found is not None:
        expected = (Deviation(found, code, after(days), Decimal(amount), "days"),)
    assert of_visit(visit(code, days), TODAY) == Findings(expected)


def test_a_visit_without_a_window_is_never_outside():
    assert of_visit(VisitFacts("UNS", held_on=DAY_0), TODAY) == Findings()


def test_a_missed_visit_is_one_deviation():
    facts = visit("W12", missed=True, assessments={"labs": False, "symptoms": None})
    expected = Deviation(Code.VISIT_MISSED, "W12", PLAN["W12"].closes_on)
    assert of_visit(facts, TODAY) == Findings((expected,))


def test_a_visit_that_nobody_entered_is_open_once_its_window_is_past():
    closes = PLAN["W12"].closes_on
    assert of_visit(visit("W12"), closes) == Findings()
    found = of_visit(visit("W12"), closes + timedelta(days=1))
    assert found == Findings(open=(Open(Code.VISIT_MISSED, "W12", ("held_on",)),))
    assert of_visit(VisitFacts("UNS"), TODAY) == Findings()


def test_what_a_visit_was_held_without():
    due = {"labs": True, "histology": False, "symptoms": None}
    found = of_visit(visit("W48", 360, assessments=due), TODAY)
    assert found.deviations == (
        Deviation(Code.VISIT_LATE, "W48", after(360), Decimal(10), "days"),
        Deviation(Code.ASSESSMENT_MISSED, "W48", after(360), details=("histology",)),
    )
    assert found.open == (Open(Code.ASSESSMENT_MISSED, "W48", ("symptoms",)),)


# --- doses --------------------------------------------------------------------------------------


def fine(**changes):
    facts = {"ordered": "31.0", "given": "31.0", "weight": "62", "weighed_on": after(28)}
    return infusion(**(facts | changes))


@pytest.mark.parametrize(
    ("given", "percent"),
    [
        ("31.0", None),
        ("34.2", None),  # a warning
        ("37.2", None),  # +20 %
        ("37.3", Decimal("6.3") * 100 / 31),
        ("24.8", None),  # -20 %
        ("24.7", Decimal("-6.3") * 100 / 31),
        ("0", Decimal(-100)),
    ],
)
def test_doses_on_both_sides_of_the_tolerance(given, percent):
    """§1.4: 31.0 is the example; ±20 % is still no deviation."""
    found = of_dose(DOSING, fine(given=given))
    expected = (
        () if percent is None else (Deviation(Code.DOSE, "W4", after(28), percent, "percent"),)
    )
    assert found == Findings(expected)


def test_the_tolerance_is_the_protocols():
    strict = replace(DOSING, tolerance_deviation_percent=Decimal(10))
    assert of_dose(strict, fine(given="34.1")) == Findings()
    assert [one.code for one in of_dose(strict, fine(given="34.2")).deviations] == [Code.DOSE]


@pytest.mark.parametrize(
    ("weight", "ordered", "inside"),
    [
        ("62", "31.0", True),
        ("62", "30.9", False),
        ("62", "62.0", True),  # 1.0 per kg
        ("62", "62.1", False),
        ("62.06", "31.0", True),  # 31.03, rounded
        ("62.06", "30.9", False),
        ("62.3", "31.2", True),  # 31.15, rounded up
        ("62.3", "31.15", True),
        ("62.3", "31.1", False),
    ],
)
def test_orders_on_both_sides_of_the_range_per_kg(weight, ordered, inside):
    """§1.4: 0.5 to 1.0 × 10⁶ per kg."""
    found = of_dose(DOSING, fine(weight=weight, ordered=ordered, given=ordered)).deviations
    expected = Decimal(ordered) / Decimal(weight)
    assert found == (
        () if inside else (Deviation(Code.DOSE_PER_KG, "W4", after(28), expected, "per_kg"),)
    )


@pytest.mark.parametrize(
    ("weighed", "days", "detail"),
    [(28, 0, None), (21, 7, None), (20, 8, "too_old"), (29, -1, "after")],
)
def test_the_day_of_the_weight(weighed, days, detail):
    """§1.4: actual weight of at most 7 days before the infusion."""
    found = of_dose(DOSING, fine(weighed_on=after(weighed))).deviations
    assert found == (
        ()
        if detail is None
        else (Deviation(Code.WEIGHT_DATE, "W4", after(28), Decimal(days), "days", (detail,)),)
    )


def test_what_is_missing_is_open_and_no_deviation():
    assert of_dose(DOSING, infusion()) == Findings(
        open=(
            Open(Code.DOSE, "W4", ("ordered", "given")),
            Open(Code.DOSE_PER_KG, "W4", ("ordered", "weight")),
            Open(Code.WEIGHT_DATE, "W4", ("weighed_on",)),
        )
    )
    assert of_dose(DOSING, fine(given=None)).open == (Open(Code.DOSE, "W4", ("given",)),)


def test_an_impossible_order_or_weight_is_refused():
    with pytest.raises(ValueError, match="above 0"):
        of_dose(DOSING, fine(ordered="0"))
    with pytest.raises(WeightError, match="implausible"):
        of_dose(DosingParameters(), fine(weight="0"))


# --- intervals ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "amount"),
    [
        (28, 56, None),
        (28, 53, None),  # 25 days
        (28, 52, -1),
        (28, 59, None),  # 31 days
        (28, 60, 1),
        (31, 53, -3),  # both inside their windows, 22 days apart
        (25, 59, 3),  # both inside their windows, 34 days apart
        (31, 59, None),  # both late, and four weeks apart
        (28, 28, -25),
    ],
)
def test_intervals_on_both_sides(first, second, amount):
    found = of_intervals([infusion("W8", second), infusion("W4", first)][::-1])
    expected: tuple[Deviation, ...] = ()
    if amount is not None:
        expected = (
            Deviation(Code.INTERVAL, "W8", after(second), Decimal(amount), "days", ("W4",)),
        )
    assert found == Findings(expected)


def test_an_infusion_left_out_leaves_eight_weeks():
    assert of_intervals([infusion("D0", 0), infusion("W8", 56)]) == Findings()
    late = of_intervals([infusion("W8", 60), infusion("D0", 0)]).deviations
    assert [(one.visit, one.amount, one.details) for one in late] == [("W8", Decimal(1), ("D0",))]


def test_the_optional_infusion_has_its_own_window():
    """W12 is ±7: 35 days after week 8 is inside."""
    assert of_intervals([infusion("W8", 56), infusion("W12", 91)]) == Findings()
    assert [
        one.amount for one in of_intervals([infusion("W8", 56), infusion("W12", 92)]).deviations
    ] == [1]


@pytest.mark.parametrize(("days", "amount"), [(26, None), (25, -1), (33, None), (34, 1)])
def test_a_window_may_be_longer_on_one_side(days, amount):
    lopsided = replace(VERSION.visit("W8"), window_before=2, window_after=5)
    later = InfusionFacts(lopsided, after(28 + days))
    found = of_intervals([infusion("W4", 28), later]).deviations
    assert [one.amount for one in found] == ([] if amount is None else [amount])


def test_infusions_given_in_the_wrong_order_show():
    found = of_intervals([infusion("W4", 56), infusion("W8", 28)]).deviations
    assert [(one.visit, one.details) for one in found] == [("W4", ("W8",))]


def test_without_two_infusions_with_a_week_there_is_no_interval():
    assert of_intervals([]) == Findings()
    assert of_intervals([infusion()]) == Findings()
    assert of_intervals([infusion("UNS", 30), infusion()]) == Findings()


# --- randomisation ------------------------------------------------------------------------------

AT = datetime(2026, 3, 5, 9, tzinfo=UTC)
YES = {one.code: one.kind == "inclusion" for one in CRITERIA}


@pytest.mark.parametrize(
    ("answers", "age", "score", "unmet", "still_open"),
    [
        ({}, 18, 6, (), ()),
        ({}, 17, 6, ("AGE",), ()),
        ({}, 65, 6, (), ()),
        ({}, 66, 6, ("AGE",), ()),
        ({}, 40, 5, ("I2",), ()),
        ({"E6": True}, 66, 6, ("AGE", "E6"), ()),
        ({"E6": None}, 40, 6, (), ("E6",)),
        ({"E6": None}, 40, 5, ("I2",), ("E6",)),
        ({}, None, 6, (), ("AGE",)),
    ],
)
def test_randomised_though_not_eligible(answers, age, score, unmet, still_open):
    eligibility = decide(YES | answers, age, "F", score)
    found = of_eligibility(AT, eligibility)
    if unmet:
        expected = Findings((Deviation(Code.INELIGIBLE, "", AT.date(), details=unmet),))
    elif still_open:
        expected = Findings(open=(Open(Code.INELIGIBLE, "", still_open),))
    else:
        expected = Findings()
    assert found == expected
    assert of_eligibility(None, eligibility) == Findings()


@pytest.mark.parametrize(
    ("hours", "minutes", "beyond"),
    [(0, 0, None), (72, 0, None), (72, 1, "0.1"), (72, 6, "0.1"), (72, 7, "0.2"), (96, 0, "24.0")],
)
def test_the_first_infusion_within_the_hours(hours, minutes, beyond):
    """§9: at most 72 hours after randomisation."""
    limit = VERSION.allocation.first_infusion_hours
    started = AT + timedelta(hours=hours, minutes=minutes)
    found = of_first_infusion(limit, AT, started, started)
    assert [one.amount for one in found.deviations] == ([] if beyond is None else [Decimal(beyond)])
    assert not found.open


def test_a_first_infusion_that_nobody_entered_is_open():
    latest = AT + timedelta(hours=72)
    assert of_first_infusion(72, AT, None, latest) == Findings()
    found = of_first_infusion(72, AT, None, latest + timedelta(minutes=1))
    assert found == Findings(open=(Open(Code.FIRST_INFUSION_LATE, "", ("started_at",)),))
    assert of_first_infusion(72, None, None, latest) == Findings()


def test_findings_add_up_in_their_order():
    first = of_visit(visit("W4", 40), TODAY)
    second = of_dose(DOSING, infusion())
    assert total([first, second, first]) == Findings(first.deviations * 2, second.open)
    assert total([]) == Findings()
