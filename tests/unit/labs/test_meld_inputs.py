"""Bounds, censored and missing inputs of the MELD formulas (clinical rules §2.1 and §2.3)."""

from dataclasses import replace
from decimal import ROUND_DOWN, Context, Decimal, localcontext

import pytest

from labs.meld import (
    FORMULAS,
    MISSING_CODES,
    NAMES,
    VERSIONS,
    MeldInputs,
    inputs_from,
    meld,
    meld_3,
    meld_na,
)
from tests.unit.labs.builders import START, changed, raw, sample

FULL = MeldInputs(
    bilirubin=Decimal("3"),
    creatinine=Decimal("1.5"),
    inr=Decimal("1.4"),
    sodium=Decimal("130"),
    albumin=Decimal("2.8"),
    sex="M",
    dialysis=False,
)
SI = {"BILI": "51", "CREAT": "133", "INR": "1.4", "SODIUM": "130", "ALB": "28"}


def draw(values, **changes):
    return replace(sample(1, START, values), **changes)


@pytest.mark.parametrize(
    ("formula", "name"),
    [
        (meld, "bilirubin"),
        (meld, "creatinine"),
        (meld, "inr"),
        (meld_na, "bilirubin"),
        (meld_na, "sodium"),
        (meld_3, "creatinine"),
        (meld_3, "sodium"),
        (meld_3, "albumin"),
        (meld_3, "sex"),
    ],
)
def test_a_missing_input_gives_no_score_and_its_code(formula, name):
    score = formula(changed(FULL, {name: None}))
    assert (score.value, score.uncapped, score.raw) == (None, None, None)
    assert score.missing == (f"{name}_missing",)


def test_every_missing_input_is_named():
    nothing = MeldInputs(None, None, None, None, None, None, None)
    assert meld_3(nothing).missing == (
        "bilirubin_missing",
        "creatinine_missing",
        "dialysis_unanswered",
        "inr_missing",
        "sodium_missing",
        "albumin_missing",
        "sex_missing",
    )


def test_what_a_formula_does_not_use_may_be_missing():
    assert meld(replace(FULL, sodium=None, albumin=None, sex=None)).value == 18
    assert meld_na(replace(FULL, albumin=None, sex=None)).value == 23


@pytest.mark.parametrize("formula", [meld, meld_na, meld_3])
def test_unanswered_dialysis_is_not_taken_for_a_no(formula):
    score = formula(replace(FULL, dialysis=None))
    assert score.value is None
    assert score.missing == ("dialysis_unanswered",)


def test_sodium_is_needed_even_where_the_gate_would_ignore_it():
    low = replace(FULL, bilirubin=Decimal(1), creatinine=Decimal(1), sodium=None)
    assert meld(low).value == 10
    assert meld_na(low).missing == ("sodium_missing",)


@pytest.mark.parametrize("bad", ["0", "-1", "NaN", "Infinity"])
@pytest.mark.parametrize("name", ["bilirubin", "creatinine", "inr", "sodium", "albumin"])
def test_an_impossible_number_never_reaches_a_logarithm(bad, name):
    score = meld_3(changed(FULL, {name: Decimal(bad)}))
    assert score.value is None
    assert score.missing == (f"{name}_invalid",)


def test_a_rejected_specimen_gives_no_score():
    source = inputs_from(draw(SI, usable=False), "F")
    assert meld(*source).missing == ("sample_unusable",)


TINY = Decimal("1e-27")


@pytest.mark.req("F-101")
@pytest.mark.parametrize("formula", [meld, meld_3])
@pytest.mark.parametrize("name", ["bilirubin", "creatinine", "inr"])
def test_floor_exactly_at_and_an_ulp_beside(formula, name):
    at = formula(changed(FULL, {name: Decimal(1)}))
    below = formula(changed(FULL, {name: 1 - TINY}))
    above = formula(changed(FULL, {name: Decimal("1.01")}))
    assert raw(below) == raw(at) < raw(above)
    assert below.inputs[f"{name}_used"] == "1"


@pytest.mark.req("F-101")
@pytest.mark.parametrize(("formula", "cap"), [(meld, "4"), (meld_na, "4"), (meld_3, "3")])
def test_creatinine_cap_exactly_at_and_an_ulp_beside(formula, cap):
    at = formula(replace(FULL, creatinine=Decimal(cap)))
    above = formula(replace(FULL, creatinine=Decimal(cap) + TINY))
    below = formula(replace(FULL, creatinine=Decimal(cap) - Decimal("0.01")))
    assert above.raw == at.raw
    assert above.inputs["creatinine_used"] == cap
    if formula is not meld_na:  # which starts from the rounded MELD
        assert raw(below) < raw(at)


@pytest.mark.req("F-101")
@pytest.mark.parametrize(
    ("name", "low", "high", "step"),
    [("sodium", "125", "137", "0.1"), ("albumin", "1.5", "3.5", "0.1")],
)
def test_two_sided_bounds_at_and_an_ulp_beside(name, low, high, step):
    def at(value):
        return raw(meld_3(changed(FULL, {name: value})))

    assert at(Decimal(low) - TINY) == at(Decimal(low)) != at(Decimal(low) + Decimal(step))
    assert at(Decimal(high) + TINY) == at(Decimal(high)) != at(Decimal(high) - Decimal(step))


@pytest.mark.parametrize(
    ("analyte", "text", "formula", "flag"),
    [
        ("BILI", "<3.4", meld, "exact"),  # 0.2 mg/dL: the floor of 1.0 swallows it
        ("BILI", "<=17.1", meld, "exact"),
        ("BILI", "<20", meld, "approximate"),
        ("BILI", ">600", meld, "approximate"),
        ("CREAT", "<30", meld, "exact"),
        ("CREAT", ">400", meld, "exact"),  # above the cap of 4.0
        ("CREAT", ">300", meld, "approximate"),
        ("CREAT", ">300", meld_3, "exact"),  # above the cap of 3.0
        ("INR", "<0.9", meld, "exact"),
        ("INR", ">8", meld, "approximate"),
        ("SODIUM", "<125", meld_na, "exact"),
        ("SODIUM", ">=137", meld_na, "exact"),
        ("SODIUM", "<130", meld_na, "approximate"),
        ("ALB", "<15", meld_3, "exact"),
        ("ALB", ">35", meld_3, "exact"),
        ("ALB", ">30", meld_3, "approximate"),
    ],
)
def test_censored_results_use_their_limit_and_say_whether_it_matters(analyte, text, formula, flag):
    names = {"BILI": "bilirubin", "CREAT": "creatinine", "INR": "inr", "SODIUM": "sodium"}
    name = names.get(analyte, "albumin")
    censored = formula(*inputs_from(draw(SI | {analyte: text}), "M"))
    exact = formula(*inputs_from(draw(SI | {analyte: text.lstrip("<>=")}), "M"))
    assert censored.value == exact.value is not None
    assert censored.inputs[f"{name}_censored"] == flag
    assert f"{name}_censored" not in exact.inputs


def test_on_dialysis_a_censored_creatinine_does_not_matter():
    score = meld(*inputs_from(draw(SI | {"CREAT": ">200"}, dialysis=True), "M"))
    assert score.inputs["creatinine_censored"] == "exact"


def test_inr_is_derived_only_with_isi_and_mnpt():
    values = {"BILI": "51", "CREAT": "133", "PT": "18.0"}
    known = draw(values, pt_isi=Decimal("1.20"), pt_mnpt=Decimal("12.0"))
    score = meld(*inputs_from(known, None))
    assert score.derived_inr
    assert score.inputs["inr"] == "1.63"
    assert score.inputs["inr_entered"] == "18.0 s"
    assert (score.inputs["inr_isi"], score.inputs["inr_mnpt"]) == ("1.20", "12.0")
    for changes in ({"pt_isi": None}, {"pt_mnpt": None}):
        score = meld(*inputs_from(replace(known, **changes), None))
        assert score.missing == ("pt_without_isi_and_mnpt",)
        assert not score.derived_inr
    assert meld(*inputs_from(known, None, inr_from_time=False)).value is None


def test_a_measured_inr_goes_before_a_derived_one():
    both = draw(SI | {"PT": "30"}, pt_isi=Decimal(1), pt_mnpt=Decimal(12))
    score = meld(*inputs_from(both, None))
    assert (score.inputs["inr"], score.derived_inr) == ("1.4", False)


def test_the_protocols_own_panel_without_creatinine_says_so():
    # the registered list has PT but no INR, creatinine or sodium (clinical rules §1.5)
    score = meld_3(*inputs_from(draw({"BILI": "20", "PT": "12", "ALB": "44"}), "F"))
    assert score.missing == ("creatinine_missing", "pt_without_isi_and_mnpt", "sodium_missing")


def test_the_surrounding_decimal_context_changes_nothing():
    source = inputs_from(draw(SI), "F")
    plain = [formula(*source) for formula in FORMULAS.values()]
    with localcontext(Context(prec=3, rounding=ROUND_DOWN)):
        coarse_source = inputs_from(draw(SI), "F")
        coarse = [formula(*coarse_source) for formula in FORMULAS.values()]
    assert coarse == plain


def test_every_formula_has_a_name_a_version_and_says_both():
    assert set(NAMES) == set(VERSIONS) == set(FORMULAS)
    for code, formula in FORMULAS.items():
        score = formula(FULL, None)
        assert (score.formula, score.version) == (code, VERSIONS[code])
        assert isinstance(score.value, int)
        assert isinstance(score.raw, Decimal)
        assert all(isinstance(text, str) for text in score.inputs.values())


def test_only_listed_codes_are_given():
    nothing = MeldInputs(None, None, None, None, None, None, None)
    given = set(meld_3(nothing).missing) | {"sample_unusable", "pt_without_isi_and_mnpt"}
    invalid = {f"{name}_invalid" for name in ("bilirubin", "creatinine", "inr", "sodium")}
    assert given | invalid | {"albumin_invalid"} == set(MISSING_CODES)
