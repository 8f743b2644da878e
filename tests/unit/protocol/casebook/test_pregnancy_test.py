"""Pregnancy tests and their checks (§1.2, I3 and E2)."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from tests.unit.protocol.casebook.facts_patients import (
    DAY_0,
    case,
    check_of,
    found,
    needed,
    sound,
)
from trial.protocol.casebook.pregnancy_test import CHECKS, FORM


def days(before):
    """The day so many days before day 0."""
    return DAY_0 - timedelta(days=before)


def hcg(before, result="negative"):
    return {"tested_on": days(before), "specimen": "serum", "result": result}


def test_the_form_is_sound():
    sound(FORM, CHECKS)


def test_a_value_is_asked_of_serum_alone_and_never_needed():
    assert needed(FORM) == {"tested_on", "specimen", "result"}
    assert not needed(FORM, **hcg(1))
    assert FORM.question("beta_hcg").when.codes == ("serum",)


@pytest.mark.parametrize(
    ("person", "fires"),
    [
        ({"sex": "M", "childbearing_potential": None}, {"PT-01"}),
        ({"sex": "F", "childbearing_potential": False}, {"PT-02"}),
        ({"sex": "F", "childbearing_potential": True}, set()),
        ({"sex": "F", "childbearing_potential": None}, set()),
        ({"sex": "", "childbearing_potential": None}, set()),
    ],
)
def test_only_women_with_childbearing_potential_are_tested(person, fires):
    assert found(CHECKS, case("pregnancy_test", hcg(1), person=person)) == fires
    assert found(CHECKS, case("pregnancy_test", {}, person=person)) == fires


def test_a_man_is_refused_a_woman_without_potential_is_asked_about():
    assert check_of(CHECKS, "PT-01").severity == "hard"
    assert check_of(CHECKS, "PT-02").severity == "soft"


@pytest.mark.parametrize(
    ("before", "cleared"), [(8, False), (7, True), (1, True), (0, True), (-1, False)]
)
def test_a_negative_test_of_the_7_days_before_day_0_is_asked_for(before, cleared):
    one = case("pregnancy_test", hcg(before), person={"day0_on": DAY_0})
    assert ("PT-03" in found(CHECKS, one)) is not cleared


@pytest.mark.parametrize("result", ["positive", "indeterminate", ""])
def test_only_a_negative_one_clears_day_0(result):
    one = case("pregnancy_test", hcg(1, result), person={"day0_on": DAY_0})
    assert "PT-03" in found(CHECKS, one)


def test_day_0_is_not_asked_about_before_it_is_known_or_of_others():
    assert not found(CHECKS, case("pregnancy_test", hcg(60)))
    for potential in (False, None):
        person = {"day0_on": DAY_0, "childbearing_potential": potential}
        assert "PT-03" not in found(CHECKS, case("pregnancy_test", hcg(60), person=person))
    assert not found(
        CHECKS, case("pregnancy_test", {"result": "negative"}, person={"day0_on": DAY_0})
    )


def test_any_test_clears_day_0_and_the_newest_alone_is_asked():
    person = {"day0_on": DAY_0}
    cleared = case("pregnancy_test", hcg(-30), hcg(40), hcg(3), person=person)
    assert not found(CHECKS, cleared)
    newest = case("pregnancy_test", hcg(-30), hcg(40), person=person)
    assert found(CHECKS, newest) == {"PT-03"}
    earlier = case("pregnancy_test", hcg(40), hcg(-30), person=person)
    assert not found(CHECKS, earlier)
    undated = case("pregnancy_test", hcg(40), {"result": "negative"}, person=person)
    assert found(CHECKS, undated) == {"PT-03"}


def test_of_two_of_one_day_the_one_entered_last_is_asked():
    person = {"day0_on": DAY_0}
    last = case("pregnancy_test", hcg(40), hcg(40), person=person)
    first = case("pregnancy_test", hcg(40), hcg(40), at=0, person=person)
    assert found(CHECKS, last) == {"PT-03"}
    assert not found(CHECKS, first)


@pytest.mark.parametrize(
    ("result", "fires"), [("positive", True), ("negative", False), ("indeterminate", False)]
)
def test_a_positive_one_is_said_loudly(result, fires):
    assert ("PT-04" in found(CHECKS, case("pregnancy_test", hcg(1, result)))) is fires
    assert "24 hours" in check_of(CHECKS, "PT-04").says.en


@pytest.mark.parametrize(
    ("result", "value", "fires"),
    [
        ("negative", "24.9", False),
        ("negative", "25", True),
        ("positive", "5", False),
        ("positive", "4.9", True),
        ("indeterminate", "10", False),
        ("", "1000", False),
    ],
)
def test_a_value_fits_the_result(result, value, fires):
    one = case("pregnancy_test", {**hcg(1, result), "beta_hcg": Decimal(value)})
    assert ("PT-05" in found(CHECKS, one)) is fires


def test_a_test_is_not_before_consent():
    for on, early in ((date(2026, 2, 1), False), (date(2026, 1, 31), True)):
        one = case("pregnancy_test", {"tested_on": on}, person={"consented_on": date(2026, 2, 1)})
        assert (found(CHECKS, one) == {"PT-06"}) is early
