"""Hard and soft limits, and the question "did you mean ...?"; clinical rules §6.1."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trial.protocol.analytes import Limits
from trial.protocol.checks import assess, short
from trial.protocol.dictionary import ANALYTES

BY_CODE = {analyte.code: analyte for analyte in ANALYTES}
STEP = Decimal("0.0001")


def limit_cases():
    """Every limit of every analyte: at it, just inside, just outside.

        hard_low   soft_low          soft_high   hard_high
    ---refused|----asked|------kept------|asked----|refused---
    """
    for analyte in ANALYTES:
        limits = analyte.limits
        assert limits.hard_low is not None
        assert limits.hard_high is not None
        assert limits.soft_high is not None
        if limits.hard_low_inclusive:
            yield analyte, limits.hard_low, "hard", "hard_low"
        else:
            yield analyte, limits.hard_low, *at_hard_low(limits)
            yield analyte, limits.hard_low - STEP, "hard", "hard_low"
        yield analyte, limits.hard_high, "soft", "soft_high"
        yield analyte, limits.hard_high + STEP, "hard", "hard_high"
        if limits.soft_low is not None:
            yield analyte, limits.soft_low, "ok", ""
            yield analyte, limits.soft_low - STEP, "soft", "soft_low"
        yield analyte, limits.soft_high, "ok", ""
        yield analyte, limits.soft_high + STEP, "soft", "soft_high"


def at_hard_low(limits):
    # Without a soft low, only the suspicion of a wrong unit can question a low value; at
    # 0.5 umol/L of bilirubin it does (0.5 mg/dL would be normal).
    if limits.soft_low is not None:
        return "soft", "soft_low"
    return ("soft", "unit_suspected") if limits.swap_low is not None else ("ok", "")


@pytest.mark.parametrize(
    ("analyte", "value", "level", "code"),
    list(limit_cases()),
    ids=lambda part: getattr(part, "code", str(part)),
)
def test_at_just_inside_and_just_outside_every_limit(analyte, value, level, code):
    verdict = assess(analyte, format(value, "f"), analyte.canonical_unit.code)
    assert (verdict.level, verdict.code) == (level, code)
    assert verdict.accepted == (level in ("ok", "soft"))
    assert verdict.canonical == value


# The number is typed in the unit of the other column of the paper.
@pytest.mark.req("F-100")
@pytest.mark.parametrize(
    ("code", "text", "unit", "level", "meant"),
    [
        # the detector of the rules: refused
        ("ALB", "4.2", "g/L", "hard", [("4.2", "g/dL", "42")]),
        ("CREAT", "1.0", "umol/L", "hard", [("1.0", "mg/dL", "88.4")]),
        ("HGB", "13", "g/L", "hard", [("13", "g/dL", "130")]),
        ("IGG", "1600", "g/L", "hard", [("1600", "mg/dL", "16")]),
        ("PREALB", "0.25", "mg/L", "hard", [("0.25", "g/L", "250")]),
        # and the same slips the other way round
        ("ALB", "42", "g/dL", "hard", [("42", "g/L", "4.2")]),
        ("CREAT", "88", "mg/dL", "hard", [("88", "umol/L", "0.995")]),
        ("IGG", "16", "mg/dL", "hard", [("16", "g/L", "1600")]),
        ("GLUC", "5,5", "mg/dL", "hard", [("5.5", "mmol/L", "99.1")]),
        ("BILI", "0.4", "umol/L", "hard", [("0.4", "mg/dL", "6.84")]),
        ("BILI", "<0.3", "umol/L", "hard", [("<0.3", "mg/dL", "<5.13")]),
        # the reading inside the reference range comes first
        ("HGB", "8", "g/L", "hard", [("8", "mmol/L", "129"), ("8", "g/dL", "80")]),
        # possible only outside the soft limits, offered all the same
        ("BILI", "300", "mg/dL", "hard", [("300", "umol/L", "17.5")]),
        # possible as typed, but doubtful: asked
        ("BILI", "1", "umol/L", "soft", [("1", "mg/dL", "17.1")]),
        ("BILI", "1,0", "umol/L", "soft", [("1.0", "mg/dL", "17.1")]),
        ("BILI", "15", "mg/dL", "soft", [("15", "umol/L", "0.877")]),
        ("PREALB", "25", "mg/L", "soft", [("25", "mg/dL", "250")]),
        ("GLUC", "90", "mmol/L", "soft", [("90", "mg/dL", "5")]),
        ("ALT", "0.5", "U/L", "soft", [("0.5", "ukat/L", "30")]),
        ("ALT", "30", "ukat/L", "soft", [("30", "U/L", "0.5")]),
        ("GLOBG", "1.4", "g/L", "soft", [("1.4", "g/dL", "14")]),
        # no other unit explains it
        ("GLUC", "20", "mmol/L", "soft", []),  # 20 mg/dL would be doubtful too
        ("PT", "<9", "s", "soft", []),
        ("SODIUM", "129", "mmol/L", "soft", []),  # mEq/L is the same
        ("ALT", "1500", "U/L", "soft", []),
        ("SODIUM", "15", "mmol/L", "hard", []),
        ("INR", "25", "INR", "hard", []),
        ("ALT", "-5", "U/L", "hard", []),
    ],
)
def test_did_you_mean(code, text, unit, level, meant):
    verdict = assess(BY_CODE[code], text, unit)
    assert verdict.level == level
    readings = [(s.value_text, s.unit, s.chosen_text) for s in verdict.did_you_mean]
    assert readings == meant
    assert all(s.chosen_unit == unit for s in verdict.did_you_mean)


@pytest.mark.parametrize(
    ("text", "level"),
    [("3", "ok"), ("2.9", "soft"), ("0.5", "soft"), ("<2", "ok"), ("<=2", "ok")],
)
def test_a_bilirubin_too_low_to_be_true_is_asked_but_a_detection_limit_is_not(text, level):
    assert assess(BY_CODE["BILI"], text, "umol/L").level == level


def test_a_low_bilirubin_typed_in_mg_per_dl_raises_no_question():
    # 0.1 mg/dL = 1.71 umol/L lies below the doubtful 3, but 0.1 umol/L is no better reading.
    verdict = assess(BY_CODE["BILI"], "0.1", "mg/dL")
    assert (verdict.level, verdict.code, verdict.did_you_mean) == ("ok", "", ())


# A censored value is out when everything it can stand for is.
@pytest.mark.parametrize(
    ("text", "level", "code"),
    [
        ("<5", "soft", "soft_low"),
        ("<=5", "ok", ""),
        ("<6", "ok", ""),
        (">1000", "soft", "soft_high"),
        (">=1000", "ok", ""),
        (">999", "ok", ""),
        (">20000", "hard", "hard_high"),
        (">=20000", "soft", "soft_high"),
        ("<0", "hard", "hard_low"),
        ("<30000", "hard", "hard_high"),
    ],
)
def test_limits_of_censored_values(text, level, code):
    verdict = assess(BY_CODE["ALT"], text, "U/L")
    assert (verdict.level, verdict.code) == (level, code)


def test_the_limit_is_told_in_the_unit_that_was_chosen():
    verdict = assess(BY_CODE["CREAT"], "40", "mg/dL")
    # 3000 umol/L / 88.42
    assert verdict.params == {"limit": "33.9", "unit": "mg/dL"}


@pytest.mark.req("F-102")
@pytest.mark.parametrize(
    ("text", "code"), [("", "empty"), ("1,234", "ambiguous_separator"), ("1e3", "exponent")]
)
def test_what_is_no_number_is_an_error_with_the_code_of_the_reader(text, code):
    verdict = assess(BY_CODE["ALT"], text, "U/L")
    assert (verdict.level, verdict.code) == ("error", code)
    assert verdict.quantity is None
    assert verdict.canonical is None
    assert not verdict.accepted


def test_an_unknown_unit_is_an_error_that_names_the_known_ones():
    verdict = assess(BY_CODE["ALB"], "42", "mg/L")
    assert (verdict.level, verdict.code) == ("error", "unknown_unit")
    assert verdict.params == {"unit": "mg/L", "known": "g/L, g/dL"}
    assert verdict.quantity is not None


def test_limits_can_be_replaced():
    tight = Limits(soft_high=Decimal(30), hard_high=Decimal(50))
    assert assess(BY_CODE["ALT"], "40", "U/L", tight).level == "soft"
    assert assess(BY_CODE["ALT"], "60", "U/L", tight).level == "hard"
    assert assess(BY_CODE["ALT"], "1", "U/L", tight).level == "ok"


def test_the_text_is_kept_as_typed():
    verdict = assess(BY_CODE["ALT"], " ４２,0 ", "U/L")
    assert verdict.quantity is not None
    assert verdict.quantity.text == " ４２,0 "
    assert verdict.canonical == 42


@given(
    st.sampled_from([(analyte, unit.code) for analyte in ANALYTES for unit in analyte.units]),
    st.decimals(min_value=-10, max_value=10**7, places=3),
)
def test_a_suggestion_is_never_itself_refused(pair, value):
    analyte, unit = pair
    verdict = assess(analyte, format(value, "f"), unit)
    for suggestion in verdict.did_you_mean:
        assert assess(analyte, suggestion.value_text, suggestion.unit).accepted
        assert suggestion.unit != unit


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("17.104", "17.1"),
        ("88.42", "88.4"),
        ("1600", "1600"),
        ("371.364", "371"),
        ("999.96", "1000"),
        ("0.9048", "0.905"),
        ("42.0", "42"),
        ("0", "0"),
        ("0.000", "0"),
        ("1E+3", "1000"),
        ("-4.25", "-4.25"),
        ("123456789012", "123456789012"),
    ],
)
def test_numbers_are_shortened_to_three_digits_without_an_exponent(value, text):
    assert short(Decimal(value)) == text
