"""The MELD formulas against a second, independent implementation in binary floating point."""

import math
import random
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labs.meld import MeldInputs, meld, meld_3, meld_na
from tests.unit.labs.builders import number, raw


def float_meld(bili, cr, inr):
    cr = min(max(cr, 1.0), 4.0)
    return (
        9.57 * math.log(cr)
        + 3.78 * math.log(max(bili, 1.0))
        + 11.2 * math.log(max(inr, 1.0))
        + 6.43
    )


def float_meld_na(bili, cr, inr, na):
    start = math.floor(float_meld(bili, cr, inr) + 0.5)
    if start <= 11:
        return float(start)
    lack = 137 - min(max(na, 125), 137)
    return start + 1.32 * lack - 0.033 * start * lack


def float_meld_3(bili, cr, inr, na, alb, female):
    log_bili = math.log(max(bili, 1.0))
    log_cr = math.log(min(max(cr, 1.0), 3.0))
    lack = 137 - min(max(na, 125), 137)
    short = 3.5 - min(max(alb, 1.5), 3.5)
    return (
        1.33 * female
        + 4.56 * log_bili
        + 0.82 * lack
        - 0.24 * lack * log_bili
        + 9.09 * math.log(max(inr, 1.0))
        + 11.14 * log_cr
        + 1.85 * short
        - 1.83 * short * log_cr
        + 6
    )


def near_a_half(value):
    return abs(value - math.floor(value) - 0.5) < 1e-9


def agrees(score, expected):
    assert abs(float(raw(score)) - expected) < 1e-6
    if not near_a_half(expected):
        assert score.uncapped == math.floor(expected + 0.5)
        assert score.value == min(score.uncapped, 40)


def a_patient(draw):
    return {
        "bilirubin": Decimal(draw.randint(1, 4000)) / 100,
        "creatinine": Decimal(draw.randint(20, 600)) / 100,
        "inr": Decimal(draw.randint(70, 500)) / 100,
        "sodium": Decimal(draw.randint(1150, 1480)) / 10,
        "albumin": Decimal(draw.randint(100, 550)) / 100,
    }


@pytest.mark.parametrize("seed", range(4))
def test_agrees_with_a_second_implementation_on_a_random_grid(seed):
    draw = random.Random(seed)
    for _ in range(500):
        patient = a_patient(draw)
        female = draw.random() < 0.5
        inputs = MeldInputs(**patient, sex="F" if female else "M", dialysis=False)
        bili, cr, inr, na, alb = (float(value) for value in patient.values())
        classic = float_meld(bili, cr, inr)
        agrees(meld(inputs), classic)
        if not near_a_half(classic):
            agrees(meld_na(inputs), float_meld_na(bili, cr, inr, na))
        agrees(meld_3(inputs), float_meld_3(bili, cr, inr, na, alb, female))


def decimals(low, high, places=2):
    return st.decimals(low, high, allow_nan=False, allow_infinity=False, places=places)


PATIENTS = st.builds(
    MeldInputs,
    bilirubin=decimals("0.1", "30"),  # above exp(0.82 / 0.24) MELD 3.0 turns in sodium
    creatinine=decimals("0.2", "8"),
    inr=decimals("0.5", "8"),
    sodium=decimals("110", "150", 1),
    albumin=decimals("1", "6"),
    sex=st.sampled_from("MF"),
    dialysis=st.booleans(),
)
STEPS = decimals("0.01", "5")


@given(PATIENTS, STEPS, st.sampled_from(["bilirubin", "creatinine", "inr"]))
def test_no_score_falls_when_bilirubin_creatinine_or_inr_rises(patient, step, name):
    worse = replace(patient, **{name: getattr(patient, name) + step})
    assert number(meld(worse)) >= number(meld(patient))
    assert number(meld_na(worse)) >= number(meld_na(patient))
    assert raw(meld_3(worse)) >= raw(meld_3(patient))


@given(PATIENTS, STEPS)
def test_no_score_falls_when_sodium_falls(patient, step):
    worse = replace(patient, sodium=patient.sodium - step)
    assert number(meld_na(worse)) >= number(meld_na(patient))
    assert raw(meld_3(worse)) >= raw(meld_3(patient))


@given(PATIENTS)
def test_meld_3_differs_between_the_sexes_by_the_published_term(patient):
    female, male = replace(patient, sex="F"), replace(patient, sex="M")
    assert raw(meld_3(female)) - raw(meld_3(male)) == Decimal("1.33")


@given(PATIENTS)
def test_scores_are_whole_numbers_from_6_to_40_and_never_floats(patient):
    for formula in (meld, meld_na, meld_3):
        score = formula(patient)
        assert type(score.value) is int
        assert type(score.uncapped) is int
        assert type(score.raw) is Decimal
        assert 6 <= number(score) <= 40
        assert score.value == min(score.uncapped, 40)


@given(PATIENTS)
def test_dialysis_hides_the_creatinine(patient):
    on_dialysis = replace(patient, dialysis=True)
    other = replace(on_dialysis, creatinine=Decimal("0.5"))
    for formula in (meld, meld_na, meld_3):
        assert formula(on_dialysis).value == formula(other).value
