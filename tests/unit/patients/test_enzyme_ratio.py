"""ALP to AST as multiples of their upper limits, on its limits (clinical rules §4.2)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patients.iaihg_revised import RevisedInputs, enzyme_ratio, score_before
from patients.points import Measured
from trial.protocol.diagnosis import RevisedScoreParameters


def measured(text):
    return Measured(Decimal(text))


def ratio_of(alp, alp_upper, transaminase, transaminase_upper):
    return enzyme_ratio(*map(Decimal, (alp, alp_upper, transaminase, transaminase_upper)))


@pytest.mark.parametrize(
    ("values", "ratio", "found"),
    [
        (("144", "120", "32", "40"), "1.5", (0,)),  # 1.2 and 0.8
        (("360", "120", "240", "40"), "0.5", (2,)),
        # 0.833... over 0.555...: neither has an end, their ratio lies on the limit
        (("100", "120", "20", "36"), "1.5", (0,)),
        (("99.9", "120", "20", "36"), "1.4985", (2,)),
        (("200", "120", "20", "36"), "3", (0,)),
        (("200.1", "120", "20", "36"), "3.0015", (-2,)),
    ],
)
def test_the_ratio_is_of_multiples_of_the_upper_limit(values, ratio, found):
    assert ratio_of(*values) == measured(ratio)
    score = score_before(RevisedInputs(enzyme_ratio=ratio_of(*values)), RevisedScoreParameters())
    assert {item.code: item.possible for item in score.items}["enzyme_ratio"] == found


@given(st.integers(1, 400), st.integers(1, 400), st.integers(1, 400))
def test_a_ratio_on_a_limit_is_on_it_whatever_the_upper_limits(transaminase, lower, upper):
    """alp / lower = 1.5 x transaminase / upper for alp = 3, with what is divided crosswise."""
    alp = 3 * transaminase * lower
    found = enzyme_ratio(Decimal(alp), Decimal(lower), Decimal(2 * transaminase), Decimal(1))
    assert found == measured("1.5")
    found = enzyme_ratio(
        Decimal(alp), Decimal(lower * upper), Decimal(2 * transaminase), Decimal(upper)
    )
    assert found == measured("1.5")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (("1", "1", "0", "1"), "above 0"),
        (("1", "0", "1", "1"), "above 0"),
        (("1", "1", "1", "0"), "above 0"),
        (("1", "1", "NaN", "1"), "above 0"),
        (("-1", "1", "1", "1"), "from 0"),
        (("NaN", "1", "1", "1"), "from 0"),
    ],
)
def test_a_ratio_of_impossible_figures_is_refused(values, message):
    with pytest.raises(ValueError, match=message):
        ratio_of(*values)
