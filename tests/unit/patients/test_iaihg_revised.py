"""The revised original score on both sides of each limit, and its bounds (clinical rules §4.2)."""

from dataclasses import fields, replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patients.iaihg_revised import (
    HistologyFindings,
    Response,
    RevisedInputs,
    score_after,
    score_before,
)
from patients.points import Measured, Verdict, ViralMarkers
from tests.unit.patients.builders import known
from trial.protocol.diagnosis import RevisedScoreParameters

PARAMETERS = RevisedScoreParameters()
NO_VIRUS = ViralMarkers(False, False, False, False, False)
VIRUS = replace(NO_VIRUS, hcv_rna=True)
NOTHING_SEEN = HistologyFindings(False, False, False, False, False)


def number(text, comparator=""):
    return Measured(Decimal(text), comparator)


# A man with nothing for or against the diagnosis that is worth points, but for what must be.
PLAIN = RevisedInputs(
    sex="M",
    enzyme_ratio=number("2"),
    globulins=number("0.9"),
    igg=number("0.9"),
    ana=number("0"),
    sma=number("0"),
    lkm1=number("0"),
    ama=False,
    viral=NO_VIRUS,
    hepatotoxic_drugs=False,
    alcohol=number("30"),
    histology=NOTHING_SEEN,
    other_autoimmune_disease=False,
    other_autoantibodies=False,
    hla_dr3_or_dr4=False,
)
PLAIN_TOTAL = 3 + 1 - 5  # no virus, no drugs, nothing typical in the biopsy


def points(code, **changed):
    """The possible points of one item with some of PLAIN changed."""
    score = score_before(replace(PLAIN, **changed), PARAMETERS)
    found = {item.code: item.possible for item in score.items}
    expected = {PLAIN_TOTAL - plain + one for plain in points_of_plain(code) for one in found[code]}
    assert set(score.possible) == expected  # nothing else moved
    return found[code]


def points_of_plain(code):
    items = score_before(PLAIN, PARAMETERS).items
    return next(item.possible for item in items if item.code == code)


def test_the_plain_case_by_hand():
    score = score_before(PLAIN, PARAMETERS)
    assert (score.total, score.verdict, score.missing) == (PLAIN_TOTAL, Verdict.NEITHER, ())


@pytest.mark.parametrize(("sex", "found"), [("F", (2,)), ("M", (0,)), (None, (0, 2))])
def test_sex(sex, found):
    assert points("sex", sex=sex) == found


@pytest.mark.parametrize(
    ("ratio", "found"),
    [
        (number("1.49"), (2,)),
        (number("1.5"), (0,)),
        (number("3.0"), (0,)),
        (number("3.01"), (-2,)),
        (number("1.5", "<"), (2,)),
        (number("1.5", ">="), (-2, 0)),
        (None, (-2, 0, 2)),
    ],
)
def test_enzyme_ratio(ratio, found):
    assert points("enzyme_ratio", enzyme_ratio=ratio) == found


@pytest.mark.parametrize("name", ["globulins", "igg"])
@pytest.mark.parametrize(
    ("multiple", "found"),
    [
        ("0.99", (0,)),
        ("1.0", (1,)),
        ("1.49", (1,)),
        ("1.5", (2,)),
        ("2.0", (2,)),
        ("2.01", (3,)),
    ],
)
def test_globulins_or_igg(name, multiple, found):
    assert points("globulins_or_igg", **{name: number(multiple)}) == found
    other = {"globulins": "igg", "igg": "globulins"}[name]
    assert points("globulins_or_igg", **{name: number(multiple), other: None}) == found


def test_without_globulins_and_igg_all_their_points_are_possible():
    assert points("globulins_or_igg", globulins=None, igg=None) == (0, 1, 2, 3)


@pytest.mark.parametrize("name", ["ana", "sma", "lkm1"])
@pytest.mark.parametrize(
    ("titre", "found"),
    [
        (number("39"), (0,)),
        (number("40"), (1,)),
        (number("79"), (1,)),
        (number("80"), (2,)),
        (number("81"), (3,)),
        (number("160"), (3,)),
        (number("40", "<"), (0,)),
        (number("80", ">"), (3,)),
        (number("80", ">="), (2, 3)),
        (None, (0, 1, 2, 3)),
    ],
)
def test_autoantibodies(name, titre, found):
    assert points("autoantibodies", **{name: titre}) == found


def test_of_several_autoantibodies_the_highest_titre_counts():
    assert points("autoantibodies", ana=number("40"), sma=number("80")) == (2,)
    assert points("autoantibodies", ana=number("160"), sma=None, lkm1=None) == (3,)


@pytest.mark.parametrize(
    ("code", "yes", "no"),
    [
        ("ama", -4, 0),
        ("hepatotoxic_drugs", -4, 1),
        ("other_autoimmune_disease", 2, 0),
        ("other_autoantibodies", 2, 0),
    ],
)
def test_answers(code, yes, no):
    assert points(code, **{code: True}) == (yes,)
    assert points(code, **{code: False}) == (no,)
    assert points(code, **{code: None}) == tuple(sorted((yes, no)))


def test_hla():
    assert points("hla", hla_dr3_or_dr4=True) == (1,)
    assert points("hla", hla_dr3_or_dr4=False) == (0,)
    assert points("hla", hla_dr3_or_dr4=None) == (0, 1)


@pytest.mark.parametrize(
    ("viral", "found"), [(VIRUS, (-3,)), (NO_VIRUS, (3,)), (ViralMarkers(), (-3, 3))]
)
def test_viral_markers(viral, found):
    assert points("viral_markers", viral=viral) == found


@pytest.mark.parametrize(
    ("grams", "found"),
    [
        (number("0"), (2,)),
        (number("24.9"), (2,)),
        (number("25"), (0,)),
        (number("60"), (0,)),
        (number("60.1"), (-2,)),
        (None, (-2, 0, 2)),
    ],
)
def test_alcohol(grams, found):
    assert points("alcohol", alcohol=grams) == found


@pytest.mark.parametrize(
    ("seen", "found"),
    [
        ({}, (-5,)),
        ({"interface": True}, (3,)),
        ({"lymphoplasmacytic": True}, (1,)),
        ({"rosettes": True}, (1,)),
        ({"interface": True, "lymphoplasmacytic": True, "rosettes": True}, (5,)),
        ({"biliary": True}, (-8,)),
        ({"biliary": True, "other": True}, (-11,)),
        ({"interface": True, "biliary": True}, (0,)),
        ({"interface": True, "other": True}, (0,)),
        ({"interface": None}, (-5, 3)),
        ({"interface": True, "rosettes": None}, (3, 4)),
        ({"interface": True, "biliary": None, "other": None}, (-3, 0, 3)),
        (dict.fromkeys(("interface", "lymphoplasmacytic", "rosettes")), (-5, 1, 2, 3, 4, 5)),
    ],
)
def test_histology(seen, found):
    assert points("histology", histology=replace(NOTHING_SEEN, **seen)) == found


# --- verdicts -----------------------------------------------------------------------------------

TYPICAL = replace(
    PLAIN,
    sex="F",
    enzyme_ratio=number("1"),
    igg=number("2.5"),
    ana=number("320"),
    alcohol=number("0"),
    histology=replace(NOTHING_SEEN, interface=True, lymphoplasmacytic=True, rosettes=True),
)  # 2 + 2 + 3 + 3 + 0 + 3 + 1 + 2 + 5


def test_a_typical_woman_by_hand():
    assert score_before(TYPICAL, PARAMETERS).total == 21
    assert score_before(TYPICAL, PARAMETERS).verdict is Verdict.DEFINITE


FEWER = replace(TYPICAL, sex="M", igg=number("0.9"))  # 16


@pytest.mark.parametrize(
    ("changed", "total", "verdict"),
    [
        ({}, 16, "definite"),
        ({"ana": number("80")}, 15, "probable"),
        ({"ana": number("40"), "ama": True}, 10, "probable"),
        ({"ana": number("0"), "ama": True}, 9, "neither"),
    ],
)
def test_before_treatment_above_15_is_definite_and_from_10_probable(changed, total, verdict):
    score = score_before(replace(FEWER, **changed), PARAMETERS)
    assert (score.total, score.verdict) == (total, verdict)


@pytest.mark.parametrize(
    ("changed", "response", "total", "verdict"),
    [
        ({}, Response.COMPLETE, 18, "definite"),
        ({"ana": number("80")}, Response.RELAPSE, 18, "definite"),
        ({"ana": number("80")}, Response.COMPLETE, 17, "probable"),
        ({"ana": number("40"), "ama": True}, Response.COMPLETE, 12, "probable"),
        ({"ana": number("0"), "ama": True}, Response.RELAPSE, 12, "probable"),
        ({"ana": number("0"), "ama": True}, Response.COMPLETE, 11, "neither"),
        ({}, Response.NONE, 16, "probable"),  # definite before treatment
    ],
)
def test_after_treatment_above_17_is_definite_and_from_12_probable(
    changed, response, total, verdict
):
    score = score_after(replace(FEWER, **changed), response, PARAMETERS)
    assert (score.total, score.verdict) == (total, verdict)


def test_an_unknown_response_leaves_the_verdict_open_only_where_it_matters():
    open_score = score_after(FEWER, None, PARAMETERS)
    assert open_score.possible == (16, 18, 19)
    assert (open_score.verdict, open_score.missing) == (Verdict.OPEN, ("response",))
    settled = score_after(TYPICAL, None, PARAMETERS)
    assert (settled.low, settled.high, settled.total) == (21, 24, None)
    assert settled.verdict is Verdict.DEFINITE


def test_what_is_missing_leaves_the_verdict_open_only_where_it_matters():
    score = score_before(replace(TYPICAL, hla_dr3_or_dr4=None, igg=None), PARAMETERS)
    assert score.missing == ("hla",)  # the globulins are known
    assert (score.low, score.high, score.verdict) == (18, 19, Verdict.DEFINITE)
    unknown_drugs = score_before(replace(TYPICAL, hepatotoxic_drugs=None, ama=None), PARAMETERS)
    assert (unknown_drugs.low, unknown_drugs.high) == (12, 21)
    assert unknown_drugs.verdict is Verdict.OPEN


def test_nothing_known():
    """The least and the most by hand: the sums of each item's least and most points."""
    score = score_before(RevisedInputs(), PARAMETERS)
    assert score.low == 0 - 2 + 0 + 0 - 4 - 3 - 4 - 2 - 11 + 0 + 0 + 0
    assert score.high == 2 + 2 + 3 + 3 + 0 + 3 + 1 + 2 + 5 + 2 + 2 + 1
    assert score.verdict is Verdict.OPEN
    assert len(score.missing) == 12


# --- the optional items -------------------------------------------------------------------------

STRICT = RevisedScoreParameters(optional_only_if_seronegative=True)


@pytest.mark.parametrize(
    ("ana", "added"), [(number("0"), (3,)), (number("39"), (3,)), (number("40"), (0,))]
)
def test_optional_items_may_be_for_the_seronegative_alone(ana, added):
    base = replace(PLAIN, ana=ana)
    more = replace(base, other_autoantibodies=True, hla_dr3_or_dr4=True)
    without = known(score_before(base, STRICT).total)
    assert score_before(more, STRICT).possible == tuple(without + one for one in added)
    assert score_before(more, PARAMETERS).total == without + 3


def test_optional_items_are_open_while_it_is_open_who_is_seronegative():
    score = score_before(replace(PLAIN, ana=None, other_autoantibodies=True), STRICT)
    assert score.missing == ("autoantibodies", "other_autoantibodies")
    assert (score.low, score.high) == (PLAIN_TOTAL, PLAIN_TOTAL + 5)


# --- against a second implementation ------------------------------------------------------------


def naive(one):
    """§4.2 read line by line, for whole data."""
    total = 2 if one.sex == "F" else 0
    ratio = one.enzyme_ratio.value
    total += 2 if ratio < Decimal("1.5") else 0 if ratio <= 3 else -2
    globulin = max(one.globulins.value, one.igg.value)
    total += 3 if globulin > 2 else 2 if globulin >= Decimal("1.5") else int(globulin >= 1)
    titre = max(one.ana.value, one.sma.value, one.lkm1.value)
    total += 3 if titre > 80 else 2 if titre == 80 else 1 if titre >= 40 else 0
    total -= 4 if one.ama else 0
    total += -3 if one.viral.hcv_rna else 3
    total += -4 if one.hepatotoxic_drugs else 1
    total += 2 if one.alcohol.value < 25 else -2 if one.alcohol.value > 60 else 0
    seen = one.histology
    if not (seen.interface or seen.lymphoplasmacytic or seen.rosettes):
        total -= 5
    total += 3 * seen.interface + seen.lymphoplasmacytic + seen.rosettes
    total -= 3 * (seen.biliary + seen.other)
    return (
        total + 2 * (one.other_autoimmune_disease + one.other_autoantibodies) + (one.hla_dr3_or_dr4)
    )


def numbers(*texts):
    return st.sampled_from([number(text) for text in texts])


TITRES = numbers("0", "39", "40", "79", "80", "81", "320")
MULTIPLES = numbers("0.5", "0.99", "1", "1.4", "1.5", "1.9", "2", "2.1")
YES_NO = st.booleans()
WHOLE = st.builds(
    RevisedInputs,
    sex=st.sampled_from("FM"),
    enzyme_ratio=numbers("0.5", "1.4", "1.5", "2", "3", "3.1"),
    globulins=MULTIPLES,
    igg=MULTIPLES,
    ana=TITRES,
    sma=TITRES,
    lkm1=TITRES,
    ama=YES_NO,
    viral=st.sampled_from([VIRUS, NO_VIRUS]),
    hepatotoxic_drugs=YES_NO,
    alcohol=numbers("0", "24", "25", "60", "61"),
    histology=st.builds(HistologyFindings, YES_NO, YES_NO, YES_NO, YES_NO, YES_NO),
    other_autoimmune_disease=YES_NO,
    other_autoantibodies=YES_NO,
    hla_dr3_or_dr4=YES_NO,
)
UNKNOWN = {"viral": ViralMarkers(), "histology": HistologyFindings()}
HIDABLE = [one.name for one in fields(RevisedInputs) if one.name not in ("globulins", "igg")]


@given(WHOLE, st.sampled_from(list(Response)))
def test_agrees_with_a_second_implementation(whole, response):
    before = score_before(whole, PARAMETERS)
    assert before.total == naive(whole)
    after = score_after(whole, response, PARAMETERS)
    assert after.total == naive(whole) + {"none": 0, "complete": 2, "relapse": 3}[response]


@given(WHOLE, st.sets(st.sampled_from(HIDABLE)))
def test_what_is_missing_widens_the_score_around_the_whole_one(whole, hidden):
    part = replace(whole, **{name: UNKNOWN.get(name) for name in hidden})
    score = score_before(part, PARAMETERS)
    assert naive(whole) in score.possible
    assert score.verdict in (Verdict.OPEN, score_before(whole, PARAMETERS).verdict)
