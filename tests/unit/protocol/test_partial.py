"""Partial dates: text, first and last day, and what may be said of their order."""

from datetime import date
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trial.protocol.partial import (
    PartialDate,
    PartialDateError,
    after,
    before,
    earliest,
    latest,
    parse,
    same_day,
    surely_before,
    within,
)


@pytest.mark.req("F-089")
@pytest.mark.parametrize(
    ("text", "earliest", "latest"),
    [
        ("2024", "2024-01-01", "2024-12-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),  # a leap year
        ("2023-02", "2023-02-01", "2023-02-28"),
        ("2000-02", "2000-02-01", "2000-02-29"),
        ("1900-02", "1900-02-01", "1900-02-28"),  # none: a century
        ("2024-04", "2024-04-01", "2024-04-30"),
        ("2024-12", "2024-12-01", "2024-12-31"),
        ("2024-02-29", "2024-02-29", "2024-02-29"),
        ("1899-05", "1899-05-01", "1899-05-31"),
        ("9999", "9999-01-01", "9999-12-31"),
    ],
)
def test_its_first_and_last_day_and_its_text_as_entered(text, earliest, latest):
    found = parse(text)
    assert found.earliest.isoformat() == earliest
    assert found.latest.isoformat() == latest
    assert str(found) == text
    assert found.whole is (earliest == latest)


@pytest.mark.req("F-089")
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "format"),
        ("24", "format"),
        ("2024-5", "format"),
        ("2024-05-7", "format"),
        ("2024/05", "format"),
        ("202405", "format"),
        ("20240517", "format"),
        ("2024-05-17T10:00", "format"),
        ("UN-UNK-2024", "format"),
        ("2024-", "format"),
        ("-2024", "format"),
        ("２０２４", "format"),
        ("2024-00", "impossible"),
        ("2024-13", "impossible"),
        ("2024-05-00", "impossible"),
        ("2024-04-31", "impossible"),
        ("2023-02-29", "impossible"),
        ("1900-02-29", "impossible"),
        ("0000", "impossible"),
    ],
)
def test_what_is_no_partial_date_is_refused(text, code):
    with pytest.raises(PartialDateError) as refusal:
        parse(text)
    assert refusal.value.code == code


def test_blanks_around_it_are_ignored_and_a_line_after_it_too():
    assert parse(" 2024-05 \n") == PartialDate(2024, 5)


def test_a_day_without_its_month_is_refused():
    with pytest.raises(PartialDateError, match="impossible"):
        PartialDate(2024, None, 5)


@pytest.mark.parametrize(
    ("one", "other", "is_before", "is_after", "is_same"),
    [
        ("2024-05-01", "2024-05-02", True, False, False),
        ("2024-05-02", "2024-05-02", False, False, True),
        ("2024-04", "2024-05", True, False, False),
        ("2024-05", "2024-05", None, None, None),
        ("2024", "2024", None, None, None),
        ("2024-05", "2024-05-01", False, None, None),
        ("2024-05", "2024-05-31", None, False, None),
        ("2024-05", "2024-05-15", None, None, None),
        ("2024-05", "2024-06-01", True, False, False),
        ("2024-05", "2024-04-30", False, True, False),
        ("2024", "2024-12-31", None, False, None),
        ("2023", "2024-01", True, False, False),
        ("2024", "2024-06", None, None, None),
    ],
)
def test_order_is_known_only_where_every_day_allows_one_answer(
    one, other, is_before, is_after, is_same
):
    assert before(parse(one), parse(other)) is is_before
    assert after(parse(one), parse(other)) is is_after
    assert same_day(parse(one), parse(other)) is is_same


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("2024-05-09", False),
        ("2024-05-10", True),
        ("2024-07-20", True),
        ("2024-07-21", False),
        ("2024-06", True),
        ("2024-05", None),
        ("2024-07", None),
        ("2024-04", False),
        ("2024-08", False),
        ("2024", None),
    ],
)
def test_within_a_period(text, inside):
    assert within(parse(text), date(2024, 5, 10), date(2024, 7, 20)) is inside


def test_a_period_that_ends_before_it_begins_is_refused():
    with pytest.raises(ValueError, match="before"):
        within(parse("2024"), date(2024, 5, 2), date(2024, 5, 1))


def test_of_a_day_is_whole():
    assert PartialDate.of(date(2024, 5, 17)) == parse("2024-05-17")


DAYS = st.dates(date(2023, 11, 1), date(2024, 3, 31))
PARTIAL = st.builds(
    lambda day, known: PartialDate(*(day.year, day.month, day.day)[:known]),
    DAYS,
    st.sampled_from([2, 2, 3, 3]),
)


def every_day(partial):
    """Every day whose text begins as the partial date's, found without its bounds."""
    span = range(date(2023, 10, 1).toordinal(), date(2024, 5, 1).toordinal())
    days = (date.fromordinal(one) for one in span)
    return [day for day in days if day.isoformat().startswith(str(partial))]


def agreed(answers):
    found = set(answers)
    return found.pop() if len(found) == 1 else None


@given(PARTIAL, PARTIAL)
def test_order_agrees_with_trying_every_day(one, other):
    pairs = list(product(every_day(one), every_day(other)))
    assert before(one, other) is agreed(a < b for a, b in pairs)
    assert after(one, other) is agreed(a > b for a, b in pairs)
    assert same_day(one, other) is agreed(a == b for a, b in pairs)
    assert same_day(one, other) is same_day(other, one)


@given(PARTIAL, DAYS, DAYS)
def test_within_agrees_with_trying_every_day(one, first, last):
    first, last = sorted((first, last))
    assert within(one, first, last) is agreed(first <= day <= last for day in every_day(one))
    assert parse(str(one)) == one


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2024-05-17", date(2024, 5, 17), date(2024, 5, 17)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2023", date(2023, 1, 1), date(2023, 12, 31)),
    ],
)
def test_the_first_and_the_last_day_of_a_text(text, first, last):
    assert (earliest(text), latest(text)) == (first, last)


@pytest.mark.parametrize("wrong", ["", "May 2024", "2023-02-29"])
def test_a_text_that_is_no_partial_date_has_neither_day(wrong):
    for of in (earliest, latest):
        with pytest.raises(PartialDateError):
            of(wrong)


@pytest.mark.parametrize(
    ("one", "other", "answer"),
    [
        ("2024-04", "2024-05", True),
        ("2024-04-30", date(2024, 5, 1), True),
        (date(2024, 5, 1), date(2024, 5, 1), False),
        (date(2024, 5, 1), "2024-05", None),
        ("2024-05", date(2024, 5, 1), False),
        ("2024", "2024-06", None),
        ("", "2024", None),
        (None, "2024", None),
        ("2024", None, None),
    ],
)
def test_surely_before_compares_days_with_texts_and_says_nothing_of_what_is_blank(
    one, other, answer
):
    assert surely_before(one, other) is answer
