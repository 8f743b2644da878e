"""Conversions are exact, monotone and invertible; clinical rules §2.3 and F-100."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trial.protocol.dictionary import ANALYTES
from trial.protocol.units import UnknownUnit, conventional, convert, from_canonical, unit_of

BY_CODE = {analyte.code: analyte for analyte in ANALYTES}
every_unit = st.sampled_from(
    [(analyte, unit.code) for analyte in ANALYTES for unit in analyte.units]
)
amounts = st.decimals(min_value=0, max_value=10**6, places=4)


@pytest.mark.req("F-100")
@pytest.mark.parametrize(
    ("code", "value", "unit", "canonical"),
    [
        ("ALT", "40", "U/L", "40"),
        ("ALT", "0.5", "ukat/L", "30"),
        ("AST", "1", "ukat/L", "60"),
        ("BILI", "1", "mg/dL", "17.104"),
        ("BILI", "1.5", "mg/dL", "25.656"),
        ("CREAT", "1.0", "mg/dL", "88.42"),
        ("ALB", "4.2", "g/dL", "42"),
        ("GLOBG", "1.6", "g/dL", "16"),
        ("PREALB", "25", "mg/dL", "250"),
        ("PREALB", "0.25", "g/L", "250"),
        ("IGG", "1600", "mg/dL", "16"),
        ("SODIUM", "140", "mEq/L", "140"),
        ("PLAT", "200", "10^3/uL", "200"),
        ("HGB", "13", "g/dL", "130"),
        ("HGB", "8", "mmol/L", "128.912"),
        ("GLUC", "100", "mg/dL", "5.55062"),
        ("CRP", "1.2", "mg/dL", "12"),
        ("AFP", "5", "ng/mL", "5"),
        ("INR", "1.2", "INR", "1.2"),
    ],
)
def test_values_are_converted_to_the_canonical_unit(code, value, unit, canonical):
    assert convert(BY_CODE[code], Decimal(value), unit) == Decimal(canonical)


@pytest.mark.parametrize("unit", ["", "mg/l", "µmol/L", "g/L", "mg/dL "])
def test_a_unit_the_analyte_does_not_have_is_refused(unit):
    with pytest.raises(UnknownUnit) as refused:
        convert(BY_CODE["BILI"], Decimal(1), unit)
    assert (refused.value.analyte, refused.value.unit) == ("BILI", unit)


def test_a_unit_is_found_by_its_code():
    assert unit_of(BY_CODE["SODIUM"], "mEq/L").ucum == "meq/L"


# MELD reads mg/dL and g/dL. A value typed so is used as typed:
#   1.9 mg/dL -> 1.9        (not 1.9 x 17.104 / 17.1 = 1.90044)
#   51 umol/L -> 51 / 17.1
@pytest.mark.req("F-100")
@pytest.mark.parametrize(
    ("code", "value", "unit", "expected"),
    [
        ("BILI", "1.9", "mg/dL", Decimal("1.9")),
        ("BILI", "51", "umol/L", Decimal(51) / Decimal("17.1")),
        ("CREAT", "1.3", "mg/dL", Decimal("1.3")),
        ("CREAT", "133", "umol/L", Decimal(133) / Decimal("88.4")),
        ("ALB", "3.5", "g/dL", Decimal("3.5")),
        ("ALB", "28", "g/L", Decimal("2.8")),
        ("INR", "1.4", "INR", Decimal("1.4")),
        ("SODIUM", "130", "mEq/L", Decimal(130)),
    ],
)
def test_meld_inputs_are_read_in_the_units_of_its_formula(code, value, unit, expected):
    assert conventional(BY_CODE[code], Decimal(value), unit) == expected


def test_meld_inputs_in_an_unknown_unit_are_refused():
    with pytest.raises(UnknownUnit):
        conventional(BY_CODE["BILI"], Decimal(1), "g/L")


@given(every_unit, amounts)
def test_converting_there_and_back_changes_nothing_that_can_be_seen(pair, value):
    analyte, unit = pair
    there_and_back = from_canonical(analyte, convert(analyte, value, unit), unit)
    assert abs(there_and_back - value) <= value * Decimal("1e-25")


@given(every_unit, amounts, amounts)
def test_converting_keeps_the_order(pair, one, other):
    analyte, unit = pair
    low, high = sorted((one, other))
    assert (convert(analyte, low, unit) < convert(analyte, high, unit)) == (low < high)
