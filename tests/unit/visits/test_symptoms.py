"""The study's own scales and the change since baseline (clinical rules §11)."""

from dataclasses import replace
from datetime import date
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trial.protocol.symptoms import Item, Scale, SymptomParameters
from visits.symptoms import (
    Change,
    RatingError,
    Ratings,
    baseline,
    change,
    changes,
    check,
    unanswered,
)

PARAMETERS = SymptomParameters()
FATIGUE, JAUNDICE = PARAMETERS.by_code["fatigue"], PARAMETERS.by_code["jaundice"]
DAY_0 = date(2026, 3, 5)


def ratings(on=DAY_0, **scores):
    return Ratings(on, scores)


@pytest.mark.parametrize(
    ("code", "highest"),
    [
        ("fatigue", 10),
        ("pruritus", 10),
        ("jaundice", 3),
        ("encephalopathy", 4),
        ("ascites", 1),
        ("moon_face", 3),
    ],
)
def test_each_scale_has_its_whole_numbers(code, highest):
    for score in (None, *range(highest + 1)):
        check(PARAMETERS, ratings(**{code: score}))
    for wrong in (-1, highest + 1, 1.0, True, "1"):
        with pytest.raises(RatingError, match=code):
            check(PARAMETERS, ratings(**{code: wrong}))


def test_what_the_checklist_asks():
    """§11, without weight, blood pressure and glucose, which are measured."""
    groups = {
        group: [item.code for item in PARAMETERS.items if item.group == group]
        for group in ("symptom", "sign", "steroid")
    }
    assert {name: len(codes) for name, codes in groups.items()} == {
        "symptom": 18,
        "sign": 5,
        "steroid": 5,
    }
    with pytest.raises(RatingError, match="cough"):
        check(PARAMETERS, ratings(cough=1))
    with pytest.raises(ValueError, match="once"):
        SymptomParameters(items=(FATIGUE, FATIGUE))


@pytest.mark.parametrize(
    ("before", "now", "difference", "low", "high", "improved", "worsened"),
    [
        (6, 4, -2, -2, -2, True, False),
        (6, 5, -1, -1, -1, True, False),
        (6, 6, 0, 0, 0, False, False),
        (6, 7, 1, 1, 1, False, True),
        (10, 0, -10, -10, -10, True, False),
        (6, None, None, -6, 4, None, None),
        (0, None, None, 0, 10, False, None),  # from nothing it can't become less
        (10, None, None, -10, 0, None, False),
        (None, 3, None, -7, 3, None, None),
        (None, 0, None, -10, 0, None, False),
        (None, 10, None, 0, 10, False, None),
        (None, None, None, -10, 10, None, None),
    ],
)
def test_changes_and_what_is_open(before, now, difference, low, high, improved, worsened):
    found = change(FATIGUE, before, FATIGUE, now)
    assert (found.difference, found.low, found.high) == (difference, low, high)
    assert (found.improved, found.worsened) == (improved, worsened)
    assert found.missing == tuple(
        name for name, score in (("baseline", before), ("now", now)) if score is None
    )


SCORE = st.one_of(st.none(), st.integers(0, 3))


@given(SCORE, SCORE)
def test_an_answer_holds_for_every_way_to_fill_the_gaps(before, now):
    every = [
        y - x
        for x, y in product(
            range(4) if before is None else [before], range(4) if now is None else [now]
        )
    ]
    found = change(JAUNDICE, before, JAUNDICE, now)
    assert (found.low, found.high) == (min(every), max(every))
    for answer, said in (
        ({one < 0 for one in every}, found.improved),
        ({one > 0 for one in every}, found.worsened),
    ):
        assert said == (answer.pop() if len(answer) == 1 else None)


def test_another_scale_can_not_be_compared():
    """An amendment that rates fatigue in words: 3 of 10 and 3 of 3 are not the same."""
    graded = replace(FATIGUE, scale=Scale.SEVERITY)
    found = change(FATIGUE, 3, graded, 3)
    assert found == Change("fatigue", None, None, None, ("scale",))
    assert (found.improved, found.worsened) == (None, None)
    with pytest.raises(ValueError, match="one item"):
        change(FATIGUE, 3, JAUNDICE, 3)
    with pytest.raises(RatingError, match="fatigue"):
        change(FATIGUE, 3, graded, 4)


def test_the_baseline_is_the_last_score_before_the_first_infusion():
    course = [
        ratings(date(2026, 3, 6), fatigue=1, pruritus=1),
        ratings(DAY_0, fatigue=7, pruritus=None),
        ratings(date(2026, 2, 20), fatigue=9, pruritus=4),
    ]
    found = baseline(PARAMETERS, course, DAY_0)
    assert (found["fatigue"], found["pruritus"], found["jaundice"]) == (7, 4, None)
    assert set(found) == set(PARAMETERS.by_code)
    assert set(baseline(PARAMETERS, course, None).values()) == {None}


def test_all_changes_in_the_checklists_order():
    small = SymptomParameters(items=(FATIGUE, JAUNDICE))
    found = changes(small, {"fatigue": 6}, ratings(fatigue=2, jaundice=1))
    assert [(one.code, one.difference, one.missing) for one in found] == [
        ("fatigue", -4, ()),
        ("jaundice", None, ("baseline",)),
    ]
    assert unanswered(small, ratings(fatigue=2, jaundice=None)) == ("jaundice",)
    assert unanswered(small, ratings()) == ("fatigue", "jaundice")
    for before, now in (({"fatigue": 11}, ratings()), ({}, ratings(fatigue=11))):
        with pytest.raises(RatingError, match="fatigue"):
            changes(small, before, now)


@pytest.mark.parametrize(("sex", "asked"), [("F", True), ("M", False), (None, True)])
def test_a_man_is_not_asked_for_amenorrhoea(sex, asked):
    own = PARAMETERS.concerning(sex)
    assert ("amenorrhoea" in own.by_code) is asked
    assert ("amenorrhoea" in unanswered(own, ratings())) is asked
    assert len(own.items) == len(PARAMETERS.items) - (not asked)
    assert [one for one in PARAMETERS.items if one in own.items] == list(own.items)
    if not asked:
        with pytest.raises(RatingError, match="amenorrhoea"):
            check(own, ratings(amenorrhoea=0))


def test_a_protocol_may_ask_something_else():
    own = SymptomParameters(items=(*PARAMETERS.items, Item("cough", Scale.SEVERITY, "symptom")))
    check(own, ratings(cough=3))
