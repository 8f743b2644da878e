"""Doses, tolerances and vital signs on both sides of each limit (clinical rules §1.4, §8.4)."""

from datetime import date
from decimal import Decimal

import pytest

from trial.protocol.dosing import DosingParameters
from visits.dosing import (
    Grade,
    Order,
    WeightError,
    check_weight_date,
    deviation_percent,
    given_cells,
    grade,
    order,
    within_protocol,
)
from visits.infusion_alerts import Alert, Vitals, alerts, expected_times

PARAMETERS = DosingParameters()


def test_the_worked_example():
    """§1.4: 62 kg × 0.5×10⁶ = 31.0×10⁶ viable cells; 1.0×10⁶ per mL → 31.0 mL."""
    assert order(PARAMETERS, Decimal(62), Decimal("1.0")) == Order(Decimal("31.0"), Decimal("31.0"))


@pytest.mark.parametrize(
    ("weight", "concentration", "cells", "volume"),
    [
        ("62.3", "1.0", "31.2", "31.2"),  # 31.15, half goes up
        ("62.2", "2.0", "31.1", "15.6"),  # 15.55
        ("25", "1.0", "12.5", "12.5"),
        ("250", "5.0", "125.0", "25.0"),
        ("70", None, "35.0", None),
    ],
)
def test_doses(weight, concentration, cells, volume):
    found = order(PARAMETERS, Decimal(weight), Decimal(concentration) if concentration else None)
    assert found == Order(Decimal(cells), Decimal(volume) if volume else None)


@pytest.mark.parametrize("weight", ["24.9", "250.1", "0", "-62"])
def test_an_implausible_weight_gives_no_dose(weight):
    with pytest.raises(WeightError, match="implausible"):
        order(PARAMETERS, Decimal(weight))


@pytest.mark.parametrize("concentration", ["0", "-1"])
def test_an_impossible_concentration_is_refused(concentration):
    with pytest.raises(ValueError, match="above 0"):
        order(PARAMETERS, Decimal(62), Decimal(concentration))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("31.0", Grade.WITHIN),
        ("34.1", Grade.WITHIN),  # +10 %
        ("34.2", Grade.WARNING),
        ("27.9", Grade.WITHIN),  # -10 %
        ("27.8", Grade.WARNING),
        ("37.2", Grade.WARNING),  # +20 %
        ("37.3", Grade.DEVIATION),
        ("24.8", Grade.WARNING),  # -20 %
        ("24.7", Grade.DEVIATION),
        ("0", Grade.DEVIATION),
    ],
)
def test_tolerances_on_both_sides(given, expected):
    assert grade(PARAMETERS, Decimal("31.0"), Decimal(given)) is expected


def test_how_far_off():
    assert deviation_percent(Decimal("31.0"), Decimal("34.1")) == Decimal(10)
    assert deviation_percent(Decimal("40"), Decimal("30")) == Decimal(-25)
    with pytest.raises(ValueError, match="above 0"):
        deviation_percent(Decimal(0), Decimal(1))


@pytest.mark.parametrize(
    ("cells", "inside"), [("31", True), ("62", True), ("30.9", False), ("62.1", False)]
)
def test_the_protocols_range_per_kg(cells, inside):
    assert within_protocol(PARAMETERS, Decimal(62), Decimal(cells)) is inside


def test_what_went_in_is_the_share_of_the_volume():
    assert given_cells(Decimal("31.0"), Decimal("50"), Decimal("25")) == Decimal("15.5")
    for volume in ("-1", "50.1"):
        with pytest.raises(ValueError, match="between"):
            given_cells(Decimal("31.0"), Decimal("50"), Decimal(volume))


@pytest.mark.parametrize(("weighed", "code"), [("2026-03-06", "after"), ("2026-02-25", "too_old")])
def test_a_weight_of_another_time_is_refused(weighed, code):
    with pytest.raises(WeightError, match=code):
        check_weight_date(PARAMETERS, date.fromisoformat(weighed), date(2026, 3, 5))


@pytest.mark.parametrize("weighed", ["2026-03-05", "2026-02-26"])
def test_a_weight_of_the_last_seven_days_is_used(weighed):
    check_weight_date(PARAMETERS, date.fromisoformat(weighed), date(2026, 3, 5))


BASE = Vitals(systolic=120, oxygen=98, temperature=Decimal("36.8"), heart_rate=80)


@pytest.mark.parametrize(
    ("now", "found"),
    [
        (Vitals(systolic=90), []),
        (Vitals(systolic=89), [Alert.LOW_PRESSURE, Alert.PRESSURE_FELL]),
        (Vitals(systolic=97), []),
        (Vitals(systolic=96), [Alert.PRESSURE_FELL]),
        (Vitals(oxygen=92), []),
        (Vitals(oxygen=91), [Alert.LOW_OXYGEN]),
        (Vitals(temperature=Decimal("37.7")), []),
        (Vitals(temperature=Decimal("37.8")), [Alert.WARMED]),
        (Vitals(temperature=Decimal("37.9")), [Alert.WARMED]),
        (Vitals(temperature=Decimal("38.0")), [Alert.FEVER, Alert.WARMED]),
        (Vitals(heart_rate=120), []),
        (Vitals(heart_rate=121), [Alert.FAST_HEART]),
        (Vitals(), []),
    ],
)
def test_alerts_on_both_sides(now, found):
    before = Vitals(systolic=100) if now.systolic == 90 else BASE
    assert list(alerts(now, before)) == found


def test_without_a_baseline_fixed_limits_alone_count():
    assert list(alerts(Vitals(systolic=91, temperature=Decimal("37.9")), None)) == []
    assert list(alerts(Vitals(systolic=89, temperature=Decimal("38.0")), None)) == [
        Alert.LOW_PRESSURE,
        Alert.FEVER,
    ]


def test_when_vital_signs_are_due():
    assert expected_times(None) == [0]
    assert expected_times(40) == [0, 15, 30, 40, 70, 100, 160, 280, 1480]
    assert expected_times(30)[:4] == [0, 15, 30, 60]
