"""Every published and computed MELD vector of clinical rules §2.5 and §2.6."""

from dataclasses import replace
from decimal import Decimal

import pytest

from labs.meld import MeldInputs, inputs_from, meld, meld_3, meld_na
from tests.unit.labs.builders import START, observation, raw, sample


def inputs(bili, creatinine, inr, na=None, alb=None, sex=None, dialysis=False):
    return MeldInputs(
        bilirubin=Decimal(bili),
        creatinine=Decimal(creatinine),
        inr=Decimal(inr),
        sodium=None if na is None else Decimal(na),
        albumin=None if alb is None else Decimal(alb),
        sex=sex,
        dialysis=dialysis,
    )


KIM = {  # Kim 2021, Table 4: bilirubin, creatinine, INR, sodium, albumin, sex
    "P01": ("2.5", "1.2", "1.0", "131", "3.8", "M"),
    "P02": ("2.5", "1.2", "1.0", "131", "3.8", "F"),
    "P04": ("6.0", "1.5", "1.5", "131", "2.2", "M"),
    "P06": ("12.0", "1.8", "2.2", "128", "2.0", "M"),
    "P08": ("12.0", "2.8", "2.2", "128", "2.0", "F"),
}


@pytest.mark.parametrize(
    ("case", "unrounded", "meld30", "classic", "sodium"),
    [
        ("P01", "15.810", 16, 12, 18),
        ("P02", "17.140", 17, 12, 18),
        ("P04", "26.153", 26, 22, 26),
        ("P06", "34.220", 34, 30, 33),
        ("P08", "39.260", 39, 35, 36),
    ],
)
def test_kim_2021_table_4(case, unrounded, meld30, classic, sodium):
    given = inputs(*KIM[case])
    score = meld_3(given)
    assert score.value == meld30
    assert round(raw(score), 3) == Decimal(unrounded)
    assert (meld(given).value, meld_na(given).value) == (classic, sodium)


@pytest.mark.parametrize(
    ("values", "dialysis", "unrounded", "expected"),
    [
        # P09: bilirubin 54 µmol/L, creatinine 170 µmol/L
        ({"INR": "2.0", "BILI": "54", "CREAT": "170"}, False, "24.79797", 25),
        # P11: the same kind of case on dialysis
        ({"INR": "2.1", "BILI": "34", "CREAT": "450"}, True, "30.60446", 31),
    ],
)
def test_published_si_vectors(values, dialysis, unrounded, expected):
    draw = replace(sample(1, START, values), dialysis=dialysis)
    score = meld(*inputs_from(draw, None))
    assert score.value == expected
    assert round(raw(score), 5) == Decimal(unrounded)


def test_p14_published_raw_value():
    score = meld(inputs("4.2", "1.9", "1.2"))
    assert round(raw(score), 6) == Decimal("20.039163")
    assert score.value == 20


def test_p15_everything_below_one():
    score = meld(inputs(".9", ".9", ".9"))
    assert (score.raw, score.value) == (Decimal("6.43"), 6)


def test_p16_meld_na():
    assert meld_na(inputs("4.2", "1.9", "1.2", "125")).value == 28


# P18 and P19 reproduce their published values with sodium and albumin at their upper bounds.
@pytest.mark.parametrize(
    ("case", "albumin", "sex", "unrounded", "expected"),
    [("P18", "3.5", "M", "21.352", 21), ("P19", "1.5", "F", "24.032", 24)],
)
def test_published_meld_3_with_sodium_137(case, albumin, sex, unrounded, expected):
    score = meld_3(inputs("4.2", "1.9", "1.2", "137", albumin, sex))
    assert round(raw(score), 3) == Decimal(unrounded)
    assert score.value == expected


def test_p21_is_the_optn_formula_and_not_kim_2008():
    score = meld_na(inputs("2", "2", "1.8", "131"))
    assert score.value == 26
    assert round(raw(score), 3) != Decimal("26.257")


@pytest.mark.parametrize(
    ("case", "values", "unrounded", "expected"),
    [
        ("C01", ("0.5", "0.6", "0.8"), "6.4300", 6),
        ("C02", ("1.0", "1.0", "1.0"), "6.4300", 6),
        ("C03", ("0.9", "3.9", "0.95"), "19.4545", 19),
        ("C04", ("1.0", "4.0", "1.0"), "19.6968", 20),
        ("C05", ("1.0", "4.1", "1.0"), "19.6968", 20),
        ("C06", ("1.0", "12.0", "1.0"), "19.6968", 20),
        ("C08", ("2.0", "1.0", "1.2"), "11.0921", 11),
        ("C10", ("30", "4.0", "4.0"), "48.0799", 40),
        ("C11", ("3.0", "1.5", "1.4"), "18.2315", 18),
    ],
)
def test_computed_meld(case, values, unrounded, expected):
    score = meld(inputs(*values))
    assert round(raw(score), 4) == Decimal(unrounded)
    assert score.value == expected


def test_c10_keeps_the_uncapped_score():
    assert meld(inputs("30", "4.0", "4.0")).uncapped == 48


def test_c07_dialysis_with_a_creatinine_below_one_counts_as_four():
    assert meld(inputs("1.0", "0.8", "1.0", dialysis=True)).value == 20
    assert meld(inputs("1.0", "0.8", "1.0", dialysis=True)).inputs["creatinine_used"] == "4"


def test_dialysis_counts_as_three_in_meld_3():
    on_dialysis = meld_3(inputs("1", "0.8", "1", "137", "3.5", "M", dialysis=True))
    assert on_dialysis.value == 18
    assert on_dialysis.inputs["creatinine_used"] == "3"


@pytest.mark.parametrize(
    ("case", "values", "unrounded", "expected"),
    [
        ("C13", ("2.2", "1.0", "1.2", "125"), "11", 11),  # 23 if rounded only at the end
        ("C14", ("2.3", "1.0", "1.2", "125"), "23.088", 23),
        ("C15", ("2.3", "1.0", "1.2", "137"), "12", 12),
        ("C16", ("2.3", "1.0", "1.2", "145"), "12", 12),
        ("C18", ("3.0", "1.5", "1.4", "118"), "26.712", 27),
        ("C19", ("3.0", "1.5", "1.4", "130"), "23.082", 23),
        ("C20", ("0.5", "0.6", "0.8", "120"), "6", 6),
        ("C21", ("30", "4", "4", "125"), "44.832", 40),
        ("C23", ("1.5", "1.2", "1.3", "135"), "14.782", 15),  # 14 if rounded only at the end
    ],
)
def test_computed_meld_na(case, values, unrounded, expected):
    score = meld_na(inputs(*values))
    assert round(raw(score), 3) == Decimal(unrounded)
    assert score.value == expected


@pytest.mark.parametrize(
    ("case", "values", "unrounded", "expected"),
    [
        ("C25", ("0.5", "0.5", "0.8", "140", "4.0", "M"), "6.0000", 6),
        ("C26", ("0.5", "0.5", "0.8", "140", "4.0", "F"), "7.3300", 7),
        ("C27", ("1", "3.0", "1", "137", "3.5", "M"), "18.2385", 18),
        ("C28", ("1", "4.5", "1", "137", "3.5", "M"), "18.2385", 18),
        ("C30", ("1", "3.0", "1", "137", "1.5", "M"), "17.9176", 18),
        ("C32", ("1", "1", "1", "125", "3.5", "M"), "15.8400", 16),
        ("C33", ("1", "1", "1", "115", "3.5", "M"), "15.8400", 16),
        ("C34", ("10", "1", "1", "125", "3.5", "M"), "19.7083", 20),
        ("C35", ("3", "1.5", "1.4", "130", "2.8", "M"), "23.2550", 23),
        ("C37", ("3", "1.5", "1.4", "130", "3.5", "F"), "23.8094", 24),
        ("C38", ("3", "1.5", "1.4", "130", "4.5", "F"), "23.8094", 24),
        ("C39", ("30", "3", "4", "125", "1.5", "F"), "47.4030", 40),
        ("C40", ("1", "1", "1", "137", "1.5", "M"), "9.7000", 10),
    ],
)
def test_computed_meld_3(case, values, unrounded, expected):
    score = meld_3(inputs(*values))
    assert round(raw(score), 4) == Decimal(unrounded)
    assert score.value == expected


def test_c39_keeps_the_uncapped_score():
    assert meld_3(inputs("30", "3", "4", "125", "1.5", "F")).uncapped == 47


@pytest.mark.parametrize(
    ("case", "si", "classic", "newest", "expected"),
    [
        ("C41", ("51", "133", "1.4", "130", "28"), "18.2382", "24.5978", (18, 23, 25)),
        ("C43", ("8", "55", "0.95", "141", "44"), "6.4300", "7.3300", (6, 6, 7)),
    ],
)
def test_si_results_of_a_sample(case, si, classic, newest, expected):
    values = dict(zip(("BILI", "CREAT", "INR", "SODIUM", "ALB"), si, strict=True))
    source = inputs_from(sample(1, START, values), "F")
    scores = [formula(*source) for formula in (meld, meld_na, meld_3)]
    assert tuple(score.value for score in scores) == expected
    assert round(raw(scores[0]), 4) == Decimal(classic)
    assert round(raw(scores[2]), 4) == Decimal(newest)


@pytest.mark.req("F-100")
def test_results_entered_in_conventional_units_are_used_as_entered():
    # 2.0 mg/dL is stored as 34.208 µmol/L; divided by 17.1 it would come back as 2.00047
    entered = {
        "BILI": observation("BILI", "34.208", entered="2.0", unit="mg/dL"),
        "CREAT": observation("CREAT", "88.42", entered="1.0", unit="mg/dL"),
        "ALB": observation("ALB", "28", entered="2.8", unit="g/dL"),
        "INR": observation("INR", "1.2"),
    }
    draw = replace(sample(1, START, {}), observations=entered)
    given, provenance = inputs_from(draw, "M")
    assert (given.bilirubin, given.creatinine, given.albumin) == (
        Decimal("2.0"),
        Decimal("1.0"),
        Decimal("2.8"),
    )
    assert round(raw(meld(given)), 4) == Decimal("11.0921")  # C08
    assert provenance.notes["bilirubin_entered"] == "2.0 mg/dL"
