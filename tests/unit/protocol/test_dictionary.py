"""The laboratory dictionary is whole and free of slips; clinical rules §6.1."""

import re
from decimal import Decimal

import pytest

from trial.protocol.analytes import GROUPS
from trial.protocol.dictionary import ANALYTES

BY_CODE = {analyte.code: analyte for analyte in ANALYTES}
each_analyte = pytest.mark.parametrize("analyte", ANALYTES, ids=lambda analyte: analyte.code)

# CDISC UNIT submission values, and our own "INR".
KNOWN_UNITS = {
    *("U/L", "ukat/L", "umol/L", "mg/dL", "g/L", "g/dL", "mg/L", "mmol/L", "mEq/L"),
    *("10^9/L", "10^3/uL", "s", "%", "ug/L", "ng/mL", "INR"),
}


def mod_10_check_digit(body):
    """The LOINC check digit: double every second digit from the right, add all digits."""
    total = 0
    for position, character in enumerate(reversed(body)):
        number = int(character) * (2 if position % 2 == 0 else 1)
        total += number // 10 + number % 10
    return -total % 10


def test_the_dictionary_holds_every_analyte_of_the_rules():
    assert set(BY_CODE) == {
        *("ALT", "AST", "GLOBG", "GLOBGPT", "BILI", "PT", "PTA", "INR", "ALB", "PREALB", "IGG"),
        *("CREAT", "SODIUM", "PLAT", "GGT", "ALP", "HGB", "WBC", "GLUC"),
        *("PROT", "GLOBUL", "NEUT", "LYM", "CRP", "AFP", "BILDIR"),
    }
    assert len(BY_CODE) == len(ANALYTES)


@each_analyte
def test_every_loinc_code_passes_its_check_digit(analyte):
    for code in analyte.loinc.values():
        body, digit = code.split("-")
        assert mod_10_check_digit(body) == int(digit), code


@pytest.mark.parametrize("code", ["2874-5", "1472-6", "14631-7"])
def test_the_check_digit_catches_a_slip(code):
    body, digit = code.split("-")
    assert mod_10_check_digit(body) != int(digit)


@each_analyte
def test_every_unit_has_a_loinc_code_and_a_positive_factor(analyte):
    assert set(analyte.loinc) == {unit.code for unit in analyte.units}
    assert all(unit.factor > 0 and unit.ucum for unit in analyte.units)
    assert {unit.code for unit in analyte.units} <= KNOWN_UNITS


@each_analyte
def test_the_first_unit_is_canonical(analyte):
    assert analyte.canonical_unit == analyte.units[0]
    assert analyte.canonical_unit.factor == 1


@each_analyte
def test_codes_are_well_formed_and_names_in_both_languages(analyte):
    assert re.fullmatch(r"[A-Z]{1,8}", analyte.code)
    assert re.fullmatch(r"C[0-9]{5,6}", analyte.nci_code)
    assert analyte.name.en.isascii()
    assert re.search(r"[\u4e00-\u9fff]", analyte.name.zh)
    assert analyte.group in GROUPS
    assert analyte.specimen in {"SERUM", "PLASMA", "BLOOD"}


def test_nci_codes_are_not_shared():
    assert len({analyte.nci_code for analyte in ANALYTES}) == len(ANALYTES)


@each_analyte
def test_limits_nest(analyte):
    # hard_low  <  soft_low  <  soft_high  <  hard_high
    limits = analyte.limits
    bounds = [limits.hard_low, limits.soft_low, limits.soft_high, limits.hard_high]
    known = [bound for bound in bounds if bound is not None]
    assert known == sorted(set(known))
    assert limits.hard_low is not None
    assert limits.hard_high is not None


@each_analyte
def test_default_ranges_lie_inside_the_soft_limits(analyte):
    limits = analyte.limits
    for known in analyte.default_ranges:
        assert known.low is None or limits.soft_low is None or limits.soft_low <= known.low
        assert limits.soft_high is None or known.high <= limits.soft_high
        assert known.low is None or known.low < known.high


@each_analyte
@pytest.mark.parametrize("sex", ["M", "F"])
@pytest.mark.parametrize("age", [18, 49, 50, 59, 60, 65, 90])
def test_every_adult_has_exactly_one_default_range(analyte, sex, age):
    fitting = [
        known
        for known in analyte.default_ranges
        if known.sex in (None, sex)
        and known.age_low <= age
        and (known.age_high is None or age <= known.age_high)
    ]
    assert len(fitting) == 1


# The SI column of §6.1, written out a second time: canonical unit, soft and hard limits.
@pytest.mark.parametrize(
    ("code", "unit", "soft", "hard"),
    [
        ("ALT", "U/L", ("5", "1000"), ("0", "20000")),
        ("AST", "U/L", ("5", "1000"), ("0", "20000")),
        ("GLOBG", "g/L", ("4", "45"), ("0.5", "120")),
        ("GLOBGPT", "%", ("7", "40"), ("0", "80")),
        ("BILI", "umol/L", (None, "170"), ("0.5", "1000")),
        ("PT", "s", ("9", "30"), ("5", "200")),
        ("PTA", "%", ("40", "150"), ("1", "300")),
        ("INR", "INR", ("0.8", "2.5"), ("0.5", "20")),
        ("ALB", "g/L", ("25", "55"), ("5", "80")),
        ("PREALB", "mg/L", ("50", "500"), ("5", "1000")),
        ("IGG", "g/L", ("4", "40"), ("0.5", "150")),
        ("CREAT", "umol/L", ("30", "177"), ("5", "3000")),
        ("SODIUM", "mmol/L", ("130", "150"), ("90", "200")),
        ("PLAT", "10^9/L", ("75", "600"), ("1", "3000")),
        ("GGT", "U/L", ("3", "1000"), ("0", "10000")),
        ("ALP", "U/L", ("20", "600"), ("0", "5000")),
        ("HGB", "g/L", ("80", "180"), ("20", "260")),
        ("WBC", "10^9/L", ("2.5", "20"), ("0.05", "500")),
        ("GLUC", "mmol/L", ("3.0", "15"), ("0.5", "100")),
    ],
)
def test_limits_are_those_of_the_rules(code, unit, soft, hard):
    analyte = BY_CODE[code]
    limits = analyte.limits
    assert analyte.canonical_unit.code == unit
    assert (limits.soft_low, limits.soft_high) == tuple(b and Decimal(b) for b in soft)
    assert (limits.hard_low, limits.hard_high) == tuple(Decimal(b) for b in hard)
    assert limits.hard_low_inclusive == (code in {"ALT", "AST", "GGT", "ALP"})


def test_gamma_globulin_is_not_coded_as_beta_globulin():
    assert set(BY_CODE["GLOBG"].loinc.values()) == {"2874-6"}


@pytest.mark.parametrize(
    ("code", "unit", "shown"),
    [
        ("BILI", "umol/L", "µmol/L"),
        ("ALT", "ukat/L", "µkat/L"),
        ("PLAT", "10^9/L", "10⁹/L"),
        ("PLAT", "10^3/uL", "10³/µL"),
        ("AFP", "ug/L", "µg/L"),
        ("ALB", "g/L", "g/L"),
        ("SODIUM", "mEq/L", "mEq/L"),
    ],
)
def test_units_are_shown_as_on_a_report(code, unit, shown):
    assert {known.code: known.display for known in BY_CODE[code].units}[unit] == shown
