"""Azathioprine on both sides of each limit (clinical rules §7.2, §7.3)."""

from decimal import Decimal

import pytest

from patients.azathioprine import StartHindrance, held, per_kg, raised, start_hindrances, too_high
from patients.points import Measured
from tests.unit.patients.builders import known
from trial.protocol.therapy import AzathioprineParameters

PARAMETERS = AzathioprineParameters()


def number(text):
    return None if text is None else Decimal(text)


def measured(text):
    """'2.5' or '<2.5' as a Measured; None stays None."""
    if text is None:
        return None
    digits = text.lstrip("<>=")
    return Measured(Decimal(digits), text[: len(text) - len(digits)])


@pytest.mark.parametrize(
    ("mg", "weight", "dose", "high"),
    [
        ("150", "60", "2.5", False),
        ("150.1", "60", "2.501667", True),
        ("150", "59.9", "2.504174", True),
        ("50", "50", "1", False),
        ("100", "50", "2", False),
        ("0", "50", "0", False),
    ],
)
def test_mg_per_kg_is_warned_of_above_2_5(mg, weight, dose, high):
    assert round(known(per_kg(Decimal(mg), Decimal(weight))), 6) == Decimal(dose)
    assert too_high(Decimal(mg), Decimal(weight), PARAMETERS) is high


@pytest.mark.parametrize(("mg", "weight"), [(None, "60"), ("50", None), (None, None)])
def test_without_dose_or_weight_nothing_is_known(mg, weight):
    assert per_kg(number(mg), number(weight)) is None
    assert too_high(number(mg), number(weight), PARAMETERS) is None


@pytest.mark.parametrize(
    ("mg", "weight"), [("-1", "60"), ("50", "0"), ("50", "-60"), ("NaN", "60"), ("50", "NaN")]
)
def test_impossible_figures_are_refused(mg, weight):
    with pytest.raises(ValueError, match="above 0"):
        per_kg(Decimal(mg), Decimal(weight))


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ("50", "50.1", True),
        ("50", "50", False),
        ("50", "49.9", False),
        ("0", "50", True),
        ("0", None, True),
        ("50", "0", False),
        (None, "0", False),
        ("0", "0", False),
        (None, "50", None),
        ("50", None, None),
        (None, None, None),
    ],
)
def test_a_raised_dose(before, now, expected):
    assert raised(number(before), number(now)) is expected


def test_the_limit_is_a_parameter():
    assert too_high(Decimal(130), Decimal(60), AzathioprineParameters(Decimal(2))) is True


@pytest.mark.parametrize(
    ("bilirubin", "tpmt", "nudt15", "found"),
    [
        ("99.9", True, True, ()),
        ("100", True, True, (StartHindrance.BILIRUBIN,)),
        (">=100", True, True, (StartHindrance.BILIRUBIN,)),
        ("<100", True, True, ()),
        ("<=100", True, True, (StartHindrance.BILIRUBIN_MISSING,)),
        (">50", True, True, (StartHindrance.BILIRUBIN_MISSING,)),
        (None, True, True, (StartHindrance.BILIRUBIN_MISSING,)),
        ("20", False, True, (StartHindrance.TPMT_MISSING,)),
        ("20", True, False, (StartHindrance.NUDT15_MISSING,)),
    ],
)
def test_what_stands_against_a_start(bilirubin, tpmt, nudt15, found):
    hindrances = start_hindrances(
        measured(bilirubin), tpmt_known=tpmt, nudt15_known=nudt15, parameters=PARAMETERS
    )
    assert hindrances == found


@pytest.mark.parametrize(
    ("leukocytes", "platelets", "expected"),
    [
        ("2.5", "50", False),
        ("2.49", "50", True),
        ("2.5", "49", True),
        (None, "49", True),
        ("2.4", None, True),
        (None, "50", None),
        ("2.5", None, None),
        (None, None, None),
        ("<2.5", "150", True),  # what a count below the analyser's range leaves
        ("4", "<50", True),
        ("4", "<=50", None),
        ("<3", "150", None),
        (">2.5", ">=50", False),
    ],
)
def test_held_below_2_5_leukocytes_or_50_platelets(leukocytes, platelets, expected):
    assert held(measured(leukocytes), measured(platelets), PARAMETERS) is expected
