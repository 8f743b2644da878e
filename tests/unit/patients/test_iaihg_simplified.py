"""The simplified score on both sides of each limit, and its bounds (clinical rules §4.1)."""

from dataclasses import replace
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patients.iaihg_simplified import (
    Histology,
    SimplifiedInputs,
    meets,
    possible_verdicts,
    simplified_score,
)
from patients.points import Measured, Verdict, ViralMarkers

NO_VIRUS = ViralMarkers(False, False, False, False, False)
VIRUS = replace(NO_VIRUS, hbsag=True)


def measured(text):
    """'80', '<40' or '>=1.1' as a Measured; None stays None."""
    if text is None:
        return None
    number = text.lstrip("<>=")
    return Measured(Decimal(number), text[: len(text) - len(number)])


def inputs(ana="0", sma="0", lkm="0", sla=False, igg="1.0", histology="typical", viral=NO_VIRUS):
    return SimplifiedInputs(
        measured(ana),
        measured(sma),
        measured(lkm),
        sla,
        measured(igg),
        None if histology is None else Histology(histology),
        viral,
    )


@pytest.mark.parametrize(
    ("case", "total", "verdict"),
    [
        (inputs(ana="80", igg="1.2"), 8, Verdict.DEFINITE),
        (inputs(ana="160", sla=True, igg="0.9"), 6, Verdict.PROBABLE),
        (inputs(ana="40", igg="1.3"), 7, Verdict.DEFINITE),
    ],
)
def test_the_worked_cases(case, total, verdict):
    score = simplified_score(case)
    assert (score.total, score.verdict, score.missing) == (total, verdict, ())
    assert meets(score, 6) is True


@pytest.mark.parametrize(
    ("changed", "points"),
    [
        ({}, 0),
        ({"ana": "39"}, 0),
        ({"ana": "40"}, 1),
        ({"ana": "79"}, 1),
        ({"ana": "80"}, 2),
        ({"ana": "640"}, 2),
        ({"sma": "39"}, 0),
        ({"sma": "40"}, 1),
        ({"sma": "79"}, 1),
        ({"sma": "80"}, 2),
        ({"lkm": "39"}, 0),
        ({"lkm": "40"}, 2),
        ({"sla": True}, 2),
        ({"ana": "40", "sma": "40"}, 1),  # the greatest, not the sum
        ({"ana": "80", "sma": "80", "lkm": "40", "sla": True}, 2),
        ({"ana": "<40"}, 0),
        ({"ana": ">=40", "sla": True}, 2),
        ({"ana": ">80"}, 2),
    ],
)
def test_autoantibodies(changed, points):
    score = simplified_score(inputs(**changed))
    assert score.items[0].possible == (points,)
    assert score.total == points + 0 + 2 + 2


@pytest.mark.parametrize(
    ("igg", "points"),
    [("0.99", 0), ("1", 0), ("1.01", 1), ("1.10", 1), ("1.1000001", 2), (">2.5", 2), ("<1", 0)],
)
def test_igg(igg, points):
    assert simplified_score(inputs(igg=igg)).items[1].possible == (points,)


@pytest.mark.parametrize(
    ("histology", "points"),
    [("typical", 2), ("compatible", 1), ("atypical", 0), ("no_hepatitis", 0)],
)
def test_histology(histology, points):
    assert simplified_score(inputs(histology=histology)).items[2].possible == (points,)


@pytest.mark.parametrize(("viral", "points"), [(NO_VIRUS, 2), (VIRUS, 0)])
def test_absence_of_viral_hepatitis(viral, points):
    assert simplified_score(inputs(viral=viral)).items[3].possible == (points,)


@pytest.mark.parametrize(
    ("case", "total", "verdict", "reaches_6", "reaches_7"),
    [
        (inputs(ana="80", igg="1.2", viral=VIRUS, histology="compatible"), 5, "neither", 0, 0),
        (inputs(ana="80", igg="1.2", viral=VIRUS), 6, "probable", 1, 0),
        (inputs(ana="80", igg="1.05"), 7, "definite", 1, 1),
        (inputs(ana="0", igg="1.0", viral=VIRUS, histology="atypical"), 0, "neither", 0, 0),
        (inputs(ana="80", igg="1.2", histology="atypical"), 6, "probable", 1, 0),
    ],
)
def test_verdicts_on_both_sides_of_6_and_7(case, total, verdict, reaches_6, reaches_7):
    score = simplified_score(case)
    assert (score.total, score.verdict) == (total, verdict)
    assert meets(score, 6) is bool(reaches_6)
    assert meets(score, 7) is bool(reaches_7)


BEST = inputs(ana="80", igg="1.2")


@pytest.mark.parametrize(
    ("changed", "missing", "low", "high", "possible"),
    [
        ({"ana": None}, "autoantibodies", 6, 8, {"probable", "definite"}),
        ({"igg": None}, "igg", 6, 8, {"probable", "definite"}),
        ({"viral": ViralMarkers()}, "viral_hepatitis", 6, 8, {"probable", "definite"}),
        ({"histology": None}, "histology", 6, 8, {"neither", "probable", "definite"}),
        ({"histology": Histology.NOT_DONE}, "histology", 6, 8, {"neither", "probable", "definite"}),
        ({"ana": Measured(Decimal(40)), "sla": None}, "autoantibodies", 7, 8, {"definite"}),
        ({"ana": Measured(Decimal(40), ">=")}, "autoantibodies", 7, 8, {"definite"}),
    ],
)
def test_with_a_component_missing_the_score_is_a_range_and_not_final(
    changed, missing, low, high, possible
):
    score = simplified_score(replace(BEST, **changed))
    assert score.missing == (missing,)
    assert (score.low, score.high, score.total) == (low, high, None)
    assert score.verdict is Verdict.OPEN
    assert possible_verdicts(score) == possible
    assert meets(score, 6) is None


def test_a_component_that_is_all_or_nothing_leaves_no_total_between():
    assert simplified_score(replace(BEST, viral=ViralMarkers())).possible == (6, 8)


def test_an_unknown_antibody_matters_not_once_two_points_are_reached():
    score = simplified_score(replace(BEST, sma=None, lkm=None, sla=None))
    assert (score.total, score.verdict) == (8, Verdict.DEFINITE)


def test_nothing_known():
    score = simplified_score(SimplifiedInputs())
    assert score.possible == tuple(range(9))
    assert score.missing == ("autoantibodies", "igg", "histology", "viral_hepatitis")
    assert score.verdict is Verdict.OPEN
    assert meets(score, 6) is None


def test_what_is_missing_cannot_lift_a_score_to_the_minimum():
    score = simplified_score(inputs(igg=None, viral=VIRUS))
    assert (score.low, score.high) == (2, 4)
    assert score.verdict is Verdict.OPEN  # not finalised
    assert possible_verdicts(score) == {Verdict.NEITHER}
    assert meets(score, 6) is False


@pytest.mark.parametrize("changed", [{}, {"igg": None}, {"ana": None}])
def test_without_a_hepatitis_there_is_no_autoimmune_one(changed):
    """The necessary condition: 6 points without it are no probable diagnosis."""
    score = simplified_score(replace(BEST, histology=Histology.NO_HEPATITIS, **changed))
    assert score.high == 6
    assert score.verdict is Verdict.NEITHER
    assert possible_verdicts(score) == {Verdict.NEITHER}
    assert meets(score, 1) is False


def naive(ana, sma, lkm, sla, igg, histology, virus):
    """§4.1 read line by line, for whole data in plain numbers."""
    antibodies = 0
    if max(ana, sma) >= 40:
        antibodies = 1
    if max(ana, sma) >= 80 or lkm >= 40 or sla:
        antibodies = 2
    globulin = 2 if igg > 110 else 1 if igg > 100 else 0
    return (
        antibodies
        + globulin
        + {"typical": 2, "compatible": 1, "atypical": 0}[histology]
        + (0 if virus else 2)
    )


WHOLE = st.tuples(
    st.sampled_from([0, 39, 40, 41, 79, 80, 81, 320]),
    st.sampled_from([0, 39, 40, 41, 79, 80, 81, 320]),
    st.sampled_from([0, 39, 40, 80]),
    st.booleans(),
    st.integers(90, 120),
    st.sampled_from(["typical", "compatible", "atypical"]),
    st.booleans(),
)


def case_of(ana, sma, lkm, sla, igg, histology, virus):
    percent = None if igg is None else str(Decimal(igg) / 100)
    ana, sma, lkm = (None if one is None else str(one) for one in (ana, sma, lkm))
    viral = ViralMarkers() if virus is None else VIRUS if virus else NO_VIRUS
    return inputs(ana, sma, lkm, sla, percent, histology, viral)


@given(WHOLE)
def test_agrees_with_a_second_implementation(whole):
    score = simplified_score(case_of(*whole))
    total = naive(*whole)
    assert score.total == total
    assert 0 <= total <= 8
    expected = "definite" if total > 6 else "probable" if total == 6 else "neither"
    assert score.verdict == expected


@given(WHOLE, st.sets(st.integers(0, 6)))
def test_what_is_missing_widens_the_score_around_the_whole_one(whole, hidden):
    part = [None if place in hidden else value for place, value in enumerate(whole)]
    score = simplified_score(case_of(*part))
    assert naive(*whole) in score.possible
    assert simplified_score(case_of(*whole)).verdict in possible_verdicts(score)
    assert meets(score, 6) in (None, naive(*whole) >= 6)


@given(WHOLE, st.sets(st.integers(0, 6)))
def test_every_total_it_names_can_come_true(whole, hidden):
    choices: list[list[Any]] = [
        [0, 40, 80],
        [0, 40, 80],
        [0, 40],
        [False, True],
        [100, 101, 111],
        ["typical", "compatible", "atypical"],
        [False, True],
    ]
    known = [choices[i] if i in hidden else [whole[i]] for i in range(7)]
    filled = product(*known)
    part = [None if place in hidden else value for place, value in enumerate(whole)]
    totals = {naive(*one) for one in filled}
    assert simplified_score(case_of(*part)).possible == tuple(sorted(totals))
