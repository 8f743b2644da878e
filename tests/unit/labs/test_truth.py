"""Comparisons with censored and missing results."""

from dataclasses import replace
from decimal import Decimal

import pytest

from labs.truth import (
    above,
    at_most,
    exceeds,
    fallen_to,
    upper_limit,
    within_normal,
)
from tests.unit.labs.builders import observation
from trial.protocol.truth import negate

TEN = Decimal(10)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("9", True),
        ("10", True),
        ("11", False),
        ("<9", True),
        ("<10", True),
        ("<11", None),
        ("<=10", True),
        ("<=11", None),
        (">9", None),
        (">10", False),
        (">11", False),
        (">=10", None),
        (">=11", False),
    ],
)
def test_at_most_ten(text, expected):
    assert at_most(observation("ALT", text), TEN) is expected
    assert above(observation("ALT", text), TEN) is negate(expected)


def test_nothing_is_known_of_nothing():
    assert at_most(None, TEN) is None
    assert at_most(observation("ALT", "9"), None) is None
    assert fallen_to(observation("ALT", "9"), Decimal("0.5"), None) is None
    assert fallen_to(None, Decimal("0.5"), observation("ALT", "9")) is None


@pytest.mark.parametrize("upper", ["", "0", "-1", "NaN"])
def test_an_impossible_upper_limit_is_unknown(upper):
    found = replace(observation("ALT", "30"), upper=Decimal(upper) if upper else None)
    assert upper_limit(found) is None
    assert within_normal(found) is None
    assert exceeds(found) is None


@pytest.mark.parametrize(
    ("value", "baseline", "expected"),
    [
        ("50", "100", True),
        ("51", "100", False),
        ("<50", "100", True),
        ("<60", "100", None),
        (">50", "100", False),
        ("50", ">100", True),
        ("60", ">100", None),
        ("60", "<100", False),
        ("50", "<100", None),
        (">60", "<=100", False),
    ],
)
def test_a_fall_to_half_of_a_baseline(value, baseline, expected):
    found = fallen_to(observation("ALT", value), Decimal("0.5"), observation("ALT", baseline))
    assert found is expected


@pytest.mark.parametrize("comparator", ["~", "=", "≤"])
def test_an_unknown_comparator_is_refused(comparator):
    odd = replace(observation("ALT", "9"), comparator=comparator)
    with pytest.raises(ValueError, match="unknown comparator"):
        at_most(odd, TEN)
    with pytest.raises(ValueError, match="unknown comparator"):
        fallen_to(observation("ALT", "9"), Decimal("0.5"), odd)
