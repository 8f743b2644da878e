"""Which reference range holds, and how a value reads against it."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trial.protocol.dictionary import ANALYTES
from trial.protocol.ranges import (
    RangeRow,
    choose,
    default_rows,
    flag,
    in_canonical,
    times_upper,
)
from trial.protocol.units import UnknownUnit

BY_CODE = {analyte.code: analyte for analyte in ANALYTES}
TODAY = date(2026, 6, 1)


def row(number, **fields):
    return RangeRow(low=Decimal(1), high=Decimal(40), unit="U/L", id=number, **fields)


def chosen(rows, sex="F", age=40, on=TODAY):
    found = choose(rows, sex, age, on)
    return None if found is None else found.id


def test_no_rows_no_range():
    assert chosen([]) is None


def test_a_row_for_the_sex_comes_before_one_for_both():
    rows = [row(1), row(2, sex="F"), row(3, sex="M")]
    assert chosen(rows, sex="F") == 2
    assert chosen(rows, sex="M") == 3


def test_a_person_of_unknown_sex_gets_only_a_row_for_both():
    assert chosen([row(1), row(2, sex="F")], sex=None) == 1
    assert chosen([row(2, sex="F")], sex=None) is None


#        0 -------- 1 ---------------------->
#            18 -------- 2 -------- 65
#                 40 -- 3 -- 50
def test_the_narrower_span_of_ages_wins():
    rows = [row(1), row(2, age_low=18, age_high=65), row(3, age_low=40, age_high=50)]
    assert [chosen(rows, age=age) for age in (17, 18, 39, 40, 50, 51, 65, 66)] == [
        *(1, 2, 2, 3, 3, 2, 2, 1)
    ]


def test_sex_weighs_more_than_age():
    assert chosen([row(1, sex="F"), row(2, age_low=39, age_high=41)]) == 1


def test_a_person_of_unknown_age_gets_only_a_row_without_ages():
    rows = [row(1), row(2, age_low=18), row(3, age_high=65)]
    assert chosen(rows, age=None) == 1
    assert chosen(rows[1:], age=None) is None
    assert chosen([row(4, age_low=0)], age=None) == 4


#   2026-01-01 --- 1 --- 2026-05-31
#                                   2026-06-01 --- 2 --->
def test_a_range_holds_from_its_first_to_its_last_day():
    rows = [
        row(1, valid_from=date(2026, 1, 1), valid_to=date(2026, 5, 31)),
        row(2, valid_from=date(2026, 6, 1)),
    ]
    days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 5, 31), date(2026, 6, 1)]
    assert [chosen(rows, on=day) for day in days] == [None, 1, 1, 2]


def test_of_two_equal_rows_the_later_start_wins_then_the_later_entry():
    older, newer = date(2026, 1, 1), date(2026, 3, 1)
    assert chosen([row(9, valid_from=older), row(2, valid_from=newer)]) == 2
    assert chosen([row(3, valid_from=newer), row(5, valid_from=newer)]) == 5
    assert chosen([row(7), row(2, valid_from=older)]) == 2  # "since ever" is the earliest start


@given(st.permutations([row(1), row(2, sex="F"), row(3, age_low=18), row(4, sex="F", age_low=30)]))
def test_the_choice_does_not_depend_on_the_order_of_the_rows(rows):
    assert chosen(rows) == 4


@pytest.mark.parametrize(
    ("code", "sex", "age", "low", "high"),
    [
        ("ALT", "M", 40, "9", "50"),
        ("ALT", "F", 40, "7", "40"),
        ("ALP", "F", 49, "35", "100"),
        ("ALP", "F", 50, "50", "135"),
        ("CREAT", "M", 59, "57", "97"),
        ("CREAT", "M", 60, "57", "111"),
        ("BILI", "F", 40, None, "21"),
        ("IGG", None, None, "7.0", "16.0"),
    ],
)
def test_the_dictionary_has_a_range_where_the_laboratory_has_none(code, sex, age, low, high):
    found = choose(default_rows(BY_CODE[code]), sex, age, TODAY)
    assert found is not None
    assert found.low == (None if low is None else Decimal(low))
    assert found.high == Decimal(high)
    assert found.unit == BY_CODE[code].canonical_unit.code


def test_a_range_is_converted_from_the_unit_of_the_laboratory():
    found = RangeRow(low=None, high=Decimal("1.2"), unit="mg/dL")
    assert in_canonical(BY_CODE["BILI"], found) == (None, Decimal("20.5248"))
    both = RangeRow(low=Decimal("3.5"), high=Decimal(5), unit="g/dL")
    assert in_canonical(BY_CODE["ALB"], both) == (Decimal(35), Decimal(50))
    with pytest.raises(UnknownUnit):
        in_canonical(BY_CODE["ALB"], found)


#        L      |        N        |      H
#   ----------- 10 ------------- 40 ----------->
@pytest.mark.parametrize(
    ("value", "comparator", "expected"),
    [
        ("9.9", "", "L"),
        ("10", "", "N"),
        ("40", "", "N"),
        ("40.1", "", "H"),
        ("10", "<", "L"),  # everything below 10 is low
        ("9", "<=", "L"),
        ("10", "<=", ""),  # could be 10 itself
        ("11", "<", ""),
        ("40", "<", ""),
        ("100", "<", ""),
        ("40", ">", "H"),  # everything above 40 is high
        ("41", ">=", "H"),
        ("40", ">=", ""),
        ("39", ">", ""),
        ("5", ">", ""),
    ],
)
def test_a_value_against_a_range_with_both_bounds(value, comparator, expected):
    assert flag(Decimal(value), comparator, Decimal(10), Decimal(40)) == expected


@pytest.mark.parametrize(
    ("value", "comparator", "low", "high", "expected"),
    [
        ("5", "", None, "21", "N"),
        ("22", "", None, "21", "H"),
        ("3", "<", None, "21", "N"),
        ("21", "<", None, "21", "N"),
        ("22", "<", None, "21", ""),
        ("21", ">", None, "21", "H"),
        ("20", ">", None, "21", ""),
        ("3", "<", "0", "21", "N"),  # nothing lies below 0
        ("60", "", "60", None, "N"),
        ("59", "", "60", None, "L"),
        ("90", ">", "60", None, "N"),
        ("60", ">=", "60", None, "N"),
        ("59", ">", "60", None, ""),
        ("60", "<", "60", None, "L"),
        ("90", "<", "60", None, ""),
        ("5", "", None, None, ""),
        ("5", "<", None, None, ""),
    ],
)
def test_a_value_against_a_range_with_one_bound_or_none(value, comparator, low, high, expected):
    bounds = [None if bound is None else Decimal(bound) for bound in (low, high)]
    assert flag(Decimal(value), comparator, *bounds) == expected


numbers = st.integers(min_value=0, max_value=60).map(Decimal)


@given(numbers, st.sampled_from(["<", "<=", ">", ">="]), numbers, numbers)
def test_a_flag_of_a_censored_value_fits_every_value_it_can_stand_for(bound, mark, one, other):
    low, high = sorted((one, other))
    verdict = flag(bound, mark, low, high)
    possible = {
        "<": lambda v: v < bound,
        "<=": lambda v: v <= bound,
        ">": lambda v: v > bound,
        ">=": lambda v: v >= bound,
    }[mark]
    stands_for = [Decimal(n) / 2 for n in range(140) if possible(Decimal(n) / 2)]
    if verdict:
        assert {flag(value, "", low, high) for value in stands_for} <= {verdict}


@pytest.mark.parametrize(
    ("value", "high", "expected"),
    [
        ("120", "40", "3"),
        ("40", "40", "1"),
        ("0", "40", "0"),
        ("30", None, None),
        ("30", "0", None),
    ],
)
def test_times_the_upper_limit(value, high, expected):
    result = times_upper(Decimal(value), None if high is None else Decimal(high))
    assert result == (None if expected is None else Decimal(expected))


@pytest.mark.req("F-107")
def test_times_the_upper_limit_is_not_rounded_at_the_relapse_threshold():
    multiples = [times_upper(Decimal(value), Decimal(40)) for value in ("119.9999", "120.0001")]
    assert multiples == [Decimal("2.9999975"), Decimal("3.0000025")]
