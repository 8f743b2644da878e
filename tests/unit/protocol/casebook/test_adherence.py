"""Tablets given and brought back (clinical rules §7.3)."""

from datetime import timedelta
from decimal import Decimal

import pytest

from tests.unit.protocol.casebook.facts_visit_forms import (
    Example,
    finds,
    week,
    well_formed,
    without_each_need,
)
from trial.protocol.casebook.adherence import CHECKS, FORM, percent
from trial.protocol.crf import asked, missing, state_of
from trial.protocol.edit_checks import applicable

COMPLETE = {
    "counted_on": week(12), "diary_seen": True, "steroid": True, "steroid_given": 60,
    "steroid_returned": 4, "azathioprine": False, "missed": False,
}  # fmt: skip
W12 = {"visit": "W12", "on": week(12)}


def counted(given, returned, due=None, *, drug="steroid"):
    return {f"{drug}_given": given, f"{drug}_returned": returned, f"{drug}_due": due}


def both(check, other, values, **more):
    """The same example for steroid and azathioprine."""
    return (
        Example(check, counted(*values), **more),
        Example(other, counted(*values, drug="azathioprine"), **more),
    )


FIRES = [
    *both("ADH-01", "ADH-02", (60, Decimal("60.5"))),
    *both("ADH-03", "ADH-04", (100, Decimal("20.5"), 100)),  # 79.5 %
    *both("ADH-03", "ADH-04", (130, Decimal("9.5"), 100)),  # 120.5 %
    Example("ADH-06", {"counted_on": week(12) - timedelta(1)}, W12),
]
HOLDS = [
    *both("ADH-01", "ADH-02", (60, 60)),
    *both("ADH-03", "ADH-04", (100, 20, 100)),  # 80 %
    *both("ADH-03", "ADH-04", (130, 10, 100)),  # 120 %
    *both("ADH-03", "ADH-04", (100, 90, 0)),  # nothing was due
    *both("ADH-03", "ADH-04", (10, 20, 100)),  # the hard check's matter
    Example("ADH-06", {"counted_on": week(12)}, W12),
]


def test_form_and_checks_are_well_formed():
    well_formed(FORM, CHECKS)


@pytest.mark.parametrize(
    ("given", "returned", "due", "found"),
    [
        (60, 4, 56, Decimal(100)),
        (60, 60, 56, Decimal(0)),
        (Decimal("30.5"), 0, 61, Decimal(50)),
        (60, 4, 0, None),
        (None, 4, 56, None),
        (60, None, 56, None),
        (60, 4, None, None),
    ],
)
def test_per_cent_taken_of_what_was_due(given, returned, due, found):
    assert percent(counted(given, returned, due), "steroid") == found
    assert percent(counted(given, returned, due), "azathioprine") is None


def test_needed_questions():
    assert missing(FORM, {}) == ("counted_on", "diary_seen", "steroid", "azathioprine", "missed")
    assert state_of(FORM, COMPLETE) == "complete"


@pytest.mark.parametrize("drug", ["steroid", "azathioprine"])
def test_tablets_are_counted_of_a_drug_that_was_prescribed(drug):
    names = [f"{drug}_{what}" for what in ("given", "returned", "due")]
    names += ["steroid_strength"] if drug == "steroid" else []
    for answer in (True, False, None):
        values = {drug: answer}
        assert {asked(FORM, FORM.question(name), values) for name in names} == {answer is True}
    without = COMPLETE | {drug: True, f"{drug}_given": None, f"{drug}_returned": None}
    assert missing(FORM, without) == (f"{drug}_given", f"{drug}_returned")


def test_missed_doses_lead_on_to_number_reason_and_which_other_reason():
    missed = COMPLETE | {"missed": True}
    assert missing(FORM, missed) == ("missed_doses", "missed_reason")
    other = missed | {"missed_doses": 2, "missed_reason": "other"}
    assert missing(FORM, other) == ("missed_other",)
    assert state_of(FORM, other | {"missed_other": "lost the box"}) == "complete"
    # no dose missed after all: the rest of the chain goes
    left = applicable(FORM, other | {"missed_other": "lost the box", "missed": False})
    assert (left["missed_doses"], left["missed_reason"], left["missed_other"]) == (None, "", "")


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("steroid_given", 0, ""),
        ("steroid_given", 5000, ""),
        ("azathioprine_returned", Decimal("-0.5"), "too_low"),
        ("azathioprine_due", 5001, "too_high"),
        ("steroid_strength", Decimal("0.4"), "too_low"),
        ("missed_doses", 0, "too_low"),
        ("missed_doses", 1, ""),
    ],
)
def test_what_is_possible(name, value, problem):
    assert FORM.question(name).problem(value) == problem


@pytest.mark.parametrize("example", FIRES, ids=str)
def test_a_check_fires(example):
    assert finds(CHECKS, FORM, example)


@pytest.mark.parametrize("example", HOLDS, ids=str)
def test_a_check_does_not_fire(example):
    assert not finds(CHECKS, FORM, example)


@pytest.mark.parametrize(("example", "name"), without_each_need(CHECKS, FORM, FIRES), ids=str)
def test_a_check_does_not_fire_without_what_it_needs(example, name):
    assert not finds(CHECKS, FORM, example, **{name: FORM.question(name).empty})


def test_every_check_is_shown_on_both_sides():
    ids = {one.id for one in CHECKS}
    assert ids == {one.check for one in FIRES} == {one.check for one in HOLDS}
