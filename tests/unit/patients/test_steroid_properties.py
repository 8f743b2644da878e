"""Doses and spans against a naive count day by day, with dates hidden in part."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from patients.regimens import Regimen, gaps, overlaps
from patients.steroids import (
    FirstDay,
    cumulative_dose,
    daily_dose,
    first_low_day,
    steroid_free,
)
from tests.unit.patients.builders import known
from trial.protocol.partial import PartialDate
from trial.protocol.therapy import Steroid, SteroidParameters

PARAMETERS = SteroidParameters()
BOTH_DOSES = SteroidParameters(change_day="both_doses")

BEGIN, END = date(2023, 12, 1), date(2024, 4, 30)
PERIOD = [date.fromordinal(one) for one in range(BEGIN.toordinal(), END.toordinal() + 1)]
EXACT_DRUGS = {Steroid.PREDNISONE: 1, Steroid.METHYLPREDNISOLONE: 1.25, Steroid.CORTISONE: 0.2}


@st.composite
def true_regimens(draw, days=PERIOD):
    """Drugs with their daily mg and their true first and last days."""
    found = []
    for _ in range(draw(st.integers(0, 4))):
        start, stop = sorted(draw(st.tuples(st.sampled_from(days), st.sampled_from(days))))
        found.append(
            (draw(st.sampled_from(list(EXACT_DRUGS))), draw(st.integers(1, 40)), start, stop)
        )
    return found


def recorded(true, precision):
    """The true regimens with their dates known only to so many parts; 0 is not at all."""
    return [
        Regimen(drug, Decimal(mg), _cut(start, precision[2 * i]), _cut(stop, precision[2 * i + 1]))
        for i, (drug, mg, start, stop) in enumerate(true)
    ]


def _cut(on, parts):
    return PartialDate(*(on.year, on.month, on.day)[:parts]) if parts else None


def true_doses(true):
    return [
        sum(mg * EXACT_DRUGS[drug] for drug, mg, start, stop in true if start <= on <= stop)
        for on in PERIOD
    ]


@given(true_regimens())
def test_whole_dates_agree_with_a_count_day_by_day(true):
    taken = recorded(true, [3] * 8)
    doses = true_doses(true)
    total = cumulative_dose(taken, BEGIN, END, BOTH_DOSES)
    assert float(known(total.exact)) == pytest.approx(sum(doses))
    low = next((on for on, dose in zip(PERIOD, doses, strict=True) if dose <= 10 + 1e-9), None)
    assert first_low_day(taken, BEGIN, END, BOTH_DOSES) == FirstDay(low, low)
    without = {on for on, dose in zip(PERIOD, doses, strict=True) if dose == 0}
    spans = gaps(taken, BEGIN, END, BOTH_DOSES)
    assert {on for on in PERIOD if any(one.first <= on <= one.last for one in spans)} == without
    assert all(one.certain for one in spans)


@given(true_regimens(), st.lists(st.integers(0, 3), min_size=8, max_size=8))
def test_partial_dates_give_bounds_around_the_truth(true, precision):
    taken = recorded(true, precision)
    doses = true_doses(true)
    total = cumulative_dose(taken, BEGIN, END, BOTH_DOSES)
    assert float(total.low) - 1e-6 <= sum(doses) <= float(known(total.high)) + 1e-6
    low = next((on for on, dose in zip(PERIOD, doses, strict=True) if dose <= 10 + 1e-9), None)
    first = first_low_day(taken, BEGIN, END, BOTH_DOSES)
    assert (first.earliest or date.max) <= (low or date.max) <= (first.latest or date.max)
    for on, dose in list(zip(PERIOD, doses, strict=True))[::7]:
        of_day = daily_dose(taken, on, BOTH_DOSES)
        assert float(of_day.low) - 1e-9 <= dose <= float(known(of_day.high)) + 1e-9
        assert steroid_free(taken, on, BOTH_DOSES) in (None, dose == 0)


@given(true_regimens(), st.lists(st.integers(0, 3), min_size=8, max_size=8))
def test_the_parts_of_a_period_add_up_to_it(true, precision):
    taken = recorded(true, precision)
    middle = PERIOD[len(PERIOD) // 2]
    parts = [
        cumulative_dose(taken, BEGIN, middle, PARAMETERS),
        cumulative_dose(taken, middle + timedelta(days=1), END, PARAMETERS),
    ]
    whole = cumulative_dose(taken, BEGIN, END, PARAMETERS)
    assert sum(one.low for one in parts) == whole.low
    assert sum(known(one.high) for one in parts) == whole.high


@given(true_regimens(PERIOD[:4]))
def test_the_new_dose_takes_exactly_the_days_of_change_from_the_old(true):
    """What both countings differ by is the old dose, once for each day of change."""
    taken = recorded(true, [3] * 8)
    once = cumulative_dose(taken, BEGIN, END, PARAMETERS).exact
    twice = cumulative_dose(taken, BEGIN, END, BOTH_DOSES).exact
    changed = [
        mg * EXACT_DRUGS[drug]
        for drug, mg, start, stop in true
        if start < stop and any(other[0] is drug and other[2] == stop for other in true)
    ]
    assert float(known(twice) - known(once)) == pytest.approx(sum(changed))


@given(true_regimens(), st.lists(st.integers(0, 3), min_size=8, max_size=8))
def test_an_overlap_is_certain_only_where_the_truth_cannot_be_otherwise(true, precision):
    assume(len(true) > 1)
    found = {
        (one.one, one.other): one.days for one in overlaps(recorded(true, precision), BOTH_DOSES)
    }
    for i in range(len(true)):
        for j in range(i + 1, len(true)):
            first, last = max(true[i][2], true[j][2]), min(true[i][3], true[j][3])
            days = found.get((i, j))
            if first <= last:
                assert days is not None
            if days is not None and days.certain:
                assert first <= days.first <= days.last <= last
