"""Comparing results that may be censored, against every value they can stand for."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety import spans
from safety.spans import Span
from tests.unit.safety.builders import result

# On whole numbers, three between any two, and far above all of them.
GRID = [Decimal(step) / 4 for step in range(60)]

texts = st.builds(
    lambda mark, number: f"{mark}{number}",
    st.sampled_from(["", "<", "<=", ">", ">="]),
    st.integers(min_value=1, max_value=9),
)


def allowed(text):
    """The values of the grid that a result of whole numbers can stand for."""
    number = Decimal(text.lstrip("<>="))
    tests = {
        "": lambda value: value == number,
        "<": lambda value: value < number,
        "<=": lambda value: value <= number,
        ">": lambda value: value > number,
        ">=": lambda value: value >= number,
    }
    return [one for one in GRID if tests[text.rstrip("0123456789")](one)]


def span(text):
    return spans.of(result("ALT", text))


def verdict(answers):
    """True or False where all agree, else None."""
    found = set(answers)
    return found.pop() if len(found) == 1 else None


@given(texts, texts)
def test_a_comparison_holds_where_every_pair_of_values_agrees(one, other):
    pairs = [(a, b) for a in allowed(one) for b in allowed(other)]
    assert spans.greater(span(one), span(other)) is verdict(a > b for a, b in pairs)
    assert spans.at_least(span(one), span(other)) is verdict(a >= b for a, b in pairs)


@given(st.lists(texts, min_size=1, max_size=3), texts)
def test_the_greatest_and_the_least_of_several_compare_as_their_values_do(several, line):
    choices: list[list[Decimal]] = [[]]
    for text in several:
        # The ends of each are enough, with the values beside the line.
        values = allowed(text)
        few = {
            values[0],
            values[-1],
            *(v for v in values if abs(v - Decimal(line.lstrip("<>="))) < 1),
        }
        choices = [[*chosen, value] for chosen in choices for value in few]
    others = allowed(line)
    for pick, found in ((max, spans.largest), (min, spans.least)):
        truth = verdict(pick(chosen) > value for chosen in choices for value in others)
        assert spans.greater(found(map(span, several)), span(line)) is truth


@given(texts, texts)
def test_a_ratio_holds_every_ratio_of_values(one, other):
    found = spans.over(span(one), span(other))
    for a in allowed(one):
        for b in allowed(other):
            if b > 0:
                assert spans.greater(found, spans.point(a / b)) is not True
                assert spans.greater(spans.point(a / b), found) is not True


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        ("120", "40", "3", "3"),
        ("<40", "40", "0", "1"),
        (">40", "40", "1", None),
        ("40", "<40", "1", None),
        ("40", ">40", "0", "1"),
        (">80", "<40", "2", None),
        ("<80", ">40", "0", "2"),
    ],
)
def test_ratios(one, other, low, high):
    found = spans.over(span(one), span(other))
    assert found.low == Decimal(low)
    assert found.high == (None if high is None else Decimal(high))


def test_an_end_that_is_not_possible_is_not_reached():
    assert spans.at_least(spans.over(span(">80"), span("40")), spans.point(Decimal(2))) is True
    assert spans.greater(spans.over(span(">80"), span("40")), spans.point(Decimal(2))) is True
    assert spans.greater(spans.over(span(">=80"), span("40")), spans.point(Decimal(2))) is None
    assert spans.at_least(spans.over(span("<80"), span("40")), spans.point(Decimal(2))) is False


def test_nothing_is_known_of_nothing():
    five = spans.point(Decimal(5))
    assert spans.of(None) is None
    assert spans.greater(None, five) is spans.greater(five, None) is None
    assert spans.times(None, Decimal(2)) is spans.over(None, five) is spans.over(five, None) is None
    assert spans.largest([]) is spans.least([]) is None


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-1"])
def test_what_is_no_amount_is_missing(text):
    assert spans.of(result("ALT", text)) is None
    assert spans.limit(Decimal(text)) is None


def test_a_limit_of_zero_or_a_divisor_of_zero_gives_nothing():
    assert spans.limit(Decimal(0)) is spans.limit(None) is None
    assert spans.over(spans.point(Decimal(5)), spans.point(Decimal(0))) is None


def test_an_unknown_comparator_is_refused():
    with pytest.raises(ValueError, match="unknown comparator"):
        spans.of(result("ALT", "<>5"))


def test_ten_digits_are_compared():
    """§6.2: a conversion leaves no result on the wrong side of a limit."""
    three = spans.point(Decimal(3))
    assert spans.greater(spans.point(Decimal("3.0000000001")), three) is False
    assert spans.greater(spans.point(Decimal("3.000000001")), three) is True
    assert spans.at_least(spans.point(Decimal("2.9999999999")), three) is True
    third = spans.over(spans.point(Decimal(1)), three)
    assert spans.at_least(spans.times(third, Decimal(3)), spans.point(Decimal(1))) is True


def test_a_span_of_one_value_is_exact():
    assert spans.point(Decimal(5)).exact == Decimal(5)
    assert Span(Decimal(0), Decimal(5)).exact is None
    assert Span(Decimal(0), None).exact is None
