"""Impossible regimens, gaps and overlaps (clinical rules §7.3)."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from patients.regimens import Overlap, Regimen, RegimenError, Span, gaps, overlaps
from patients.steroids import cumulative_dose, daily_dose, first_low_day
from tests.unit.patients.builders import TAPER, amount, day, regimen
from trial.protocol.partial import parse
from trial.protocol.therapy import Steroid, SteroidParameters

PARAMETERS = SteroidParameters()


@pytest.mark.parametrize(
    ("code", "values"),
    [
        ("dose", {"daily_mg": Decimal(0)}),
        ("dose", {"daily_mg": Decimal(-5)}),
        ("dose", {"daily_mg": Decimal("NaN")}),
        ("ongoing_with_stop", {"stop": parse("2024-06"), "ongoing": True}),
        ("stop_before_start", {"stop": parse("2024-04")}),
        ("stop_before_start", {"stop": parse("2023")}),
    ],
)
def test_impossible_regimens(code, values):
    whole = {"drug": Steroid.PREDNISONE, "daily_mg": Decimal(5), "start": parse("2024-05")}
    with pytest.raises(RegimenError) as refusal:
        Regimen(**{**whole, **values})
    assert refusal.value.code == code


def test_a_stop_that_may_follow_its_start_is_possible():
    assert regimen("5", "2024-05-31", "2024-05").stop == parse("2024-05")


# --- gaps and overlaps --------------------------------------------------------------------------


def test_gaps_by_hand():
    taken = [
        regimen("20", "2024-01-10", "2024-01-14", Steroid.BUDESONIDE),
        regimen("10", "2024-01-01", "2024-01-07"),
        regimen("10", "2024-01-15", "2024-01-20"),
    ]
    assert gaps(taken, day("2024-01-01"), day("2024-01-22"), PARAMETERS) == (
        Span(day("2024-01-08"), day("2024-01-09")),
        Span(day("2024-01-21"), day("2024-01-22")),
    )
    whole = Span(day("2024-01-01"), day("2024-01-31"))
    assert gaps([], whole.first, whole.last, PARAMETERS) == (whole,)


def test_overlaps_by_hand():
    taken = [
        regimen("20", "2024-01-01", "2024-01-10"),
        regimen("10", "2024-01-09", "ongoing"),
        regimen("8", "2024-01-10", "ongoing", Steroid.METHYLPREDNISOLONE),
        regimen("5", "2024-02", "2024-02", Steroid.PREDNISONE),
    ]
    maybe = Span(day("2024-02-01"), day("2024-02-29"), certain=False)
    assert overlaps(taken, PARAMETERS) == (
        Overlap(0, 1, Span(day("2024-01-09"), day("2024-01-10")), same_drug=True),
        Overlap(0, 2, Span(day("2024-01-10"), day("2024-01-10")), same_drug=False),
        Overlap(1, 2, Span(day("2024-01-10"), date.max), same_drug=False),
        Overlap(1, 3, maybe, same_drug=False),
        Overlap(2, 3, maybe, same_drug=False),
    )


@pytest.mark.parametrize("rule", [cumulative_dose, first_low_day, gaps])
def test_a_period_that_ends_before_it_begins_is_refused(rule):
    with pytest.raises(ValueError, match="before"):
        rule(TAPER, day("2024-01-02"), day("2024-01-01"), PARAMETERS)


@pytest.mark.parametrize("last", [date.max, date.max - timedelta(days=1)])
def test_the_end_of_all_days_is_no_error(last):
    assert gaps(TAPER, last, last, PARAMETERS) == ()
    assert daily_dose(TAPER, last, PARAMETERS) == amount("10")
