"""Parts of a score: numbers with comparators, viral markers, sums of what is possible."""

from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patients.points import Measured, ViralMarkers, greatest, steps, sums, yes_no

LIMIT = Decimal(40)


@pytest.mark.parametrize(
    ("value", "comparator", "above", "at_least"),
    [
        ("39", "", False, False),
        ("40", "", False, True),
        ("41", "", True, True),
        ("40", "<", False, False),
        ("41", "<", None, None),
        ("39", "<=", False, False),
        ("40", "<=", False, None),
        ("41", "<=", None, None),
        ("39", ">", None, None),
        ("40", ">", True, True),
        ("39", ">=", None, None),
        ("40", ">=", None, True),
        ("41", ">=", True, True),
    ],
)
def test_a_comparator_decides_only_where_every_value_it_allows_agrees(
    value, comparator, above, at_least
):
    measured = Measured(Decimal(value), comparator)
    assert measured.above(LIMIT) is above
    assert measured.at_least(LIMIT) is at_least


TRUE_VALUE = {
    "": lambda true, value: true == value,
    "<": lambda true, value: true < value,
    "<=": lambda true, value: true <= value,
    ">": lambda true, value: true > value,
    ">=": lambda true, value: true >= value,
}


@given(st.integers(0, 20), st.sampled_from(list(TRUE_VALUE)), st.integers(0, 20))
def test_no_answer_contradicts_a_value_that_may_be_true(value, comparator, limit):
    measured = Measured(Decimal(value), comparator)
    for half in range(50):
        true = Decimal(half) / 2
        if TRUE_VALUE[comparator](true, value):
            assert measured.above(Decimal(limit)) in (None, true > limit)
            assert measured.at_least(Decimal(limit)) in (None, true >= limit)


@pytest.mark.parametrize("value", ["-1", "NaN", "Infinity"])
def test_what_is_no_number_from_0_is_refused(value):
    with pytest.raises(ValueError, match="from 0"):
        Measured(Decimal(value))


def test_a_comparator_that_is_none_is_refused():
    unknown: Any = "≥"
    with pytest.raises(ValueError, match="comparator"):
        Measured(Decimal(80), unknown)


NEGATIVE = dict.fromkeys(("hav_igm", "hbsag", "anti_hcv", "hcv_rna", "hev_igm"), False)


@pytest.mark.parametrize(
    ("changed", "present"),
    [
        ({}, False),
        ({"hav_igm": True}, True),
        ({"hbsag": True}, True),
        ({"hev_igm": True}, True),
        ({"hcv_rna": True}, True),
        ({"anti_hcv": True}, False),  # the RNA is negative
        ({"anti_hcv": True, "hcv_rna": True}, True),
        ({"anti_hcv": True, "hcv_rna": None}, None),
        ({"hcv_rna": None}, False),  # no antibody
        ({"anti_hcv": None}, False),  # no RNA
        ({"anti_hcv": None, "hcv_rna": None}, None),
        ({"hav_igm": None}, None),
        ({"hbsag": None}, None),
        ({"hev_igm": None}, None),
        ({"hav_igm": None, "hbsag": True}, True),
        (dict.fromkeys(NEGATIVE), None),
    ],
)
def test_viral_hepatitis(changed, present):
    assert ViralMarkers(**{**NEGATIVE, **changed}).present() is present


def test_points_of_an_answer():
    assert yes_no(True, -4, 1) == (-4,)
    assert yes_no(False, -4, 1) == (1,)
    assert yes_no(None, -4, 1) == (-4, 1)


@pytest.mark.parametrize(
    ("first", "second", "points"),
    [
        (True, True, (2,)),
        (False, True, (1,)),
        (False, False, (0,)),
        (None, True, (1, 2)),
        (None, None, (0, 1, 2)),
        (False, None, (0, 1)),
    ],
)
def test_points_of_steps(first, second, points):
    assert steps([(first, 2), (second, 1)], 0) == points


PARTS = st.lists(
    st.sets(st.integers(-5, 5), min_size=1, max_size=3).map(lambda one: tuple(sorted(one))),
    min_size=1,
    max_size=5,
)


@given(PARTS)
def test_sums_and_greatest_agree_with_trying_everything(parts):
    combinations = list(product(*parts))
    assert sums(*parts) == tuple(sorted({sum(one) for one in combinations}))
    assert greatest(*parts) == tuple(sorted({max(one) for one in combinations}))
