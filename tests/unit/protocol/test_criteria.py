"""Eligibility with everything known, with something unmet, and with something open; §1.2."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trial.protocol.criteria import CRITERIA, Eligibility, decide

GOOD = {
    "I1": True,
    "I3": True,
    **dict.fromkeys(("E1", "E2", "E3", "E4", "E5", "E6"), False),
}


def decided(age=40, sex="F", score=7, minimum=6, **answers):
    return decide(GOOD | answers, age, sex, score, minimum)


def test_the_criteria_are_those_of_the_registry_record_and_the_age():
    assert [c.code for c in CRITERIA if c.kind == "inclusion"] == ["I1", "I2", "I3", "AGE"]
    assert [c.code for c in CRITERIA if c.kind == "exclusion"] == [f"E{n}" for n in range(1, 7)]
    assert all(c.text.en and c.text.zh for c in CRITERIA)


def test_all_met_is_eligible():
    assert decided() == Eligibility(eligible=True, unmet=(), open=())


@pytest.mark.parametrize("code", ["I1", "I3", "E1", "E2", "E3", "E4", "E5", "E6"])
def test_one_unmet_criterion_decides_against(code):
    assert decided(**{code: not GOOD[code]}) == Eligibility(eligible=False, unmet=(code,), open=())


@pytest.mark.parametrize("code", ["I1", "I3", "E1", "E2", "E3", "E4", "E5", "E6"])
def test_one_open_criterion_leaves_it_open(code):
    assert decided(**{code: None}) == Eligibility(eligible=None, unmet=(), open=(code,))


def test_an_unmet_criterion_decides_whatever_is_open():
    decision = decided(I1=None, E5=True)
    assert (decision.eligible, decision.unmet, decision.open) == (False, ("E5",), ("I1",))


def test_nothing_known_is_all_open():
    decision = decide({}, None, None, None)
    assert decision.eligible is None
    assert decision.open == tuple(criterion.code for criterion in CRITERIA)


@pytest.mark.parametrize(
    ("age", "eligible"), [(17, False), (18, True), (65, True), (66, False), (None, None)]
)
def test_age_18_and_65_are_in(age, eligible):
    assert decided(age=age).eligible is eligible


@pytest.mark.parametrize(
    ("score", "minimum", "eligible"),
    [(5, 6, False), (6, 6, True), (6, 7, False), (7, 7, True), (None, 6, None)],
)
def test_the_bound_of_the_simplified_score_is_a_parameter(score, minimum, eligible):
    assert decided(score=score, minimum=minimum).eligible is eligible


def test_the_age_bounds_are_parameters():
    assert decide(GOOD, 70, "F", 7, age_high=70).eligible is True
    assert decide(GOOD, 18, "F", 7, age_low=20).unmet == ("AGE",)


def test_a_yes_cannot_replace_the_number_but_a_no_stands():
    assert decided(score=None, I2=True).open == ("I2",)
    assert decided(score=8, I2=False).unmet == ("I2",)


def test_pregnancy_criteria_do_not_concern_a_man():
    assert decided(sex="M", I3=None, E2=None).eligible is True
    assert decided(sex="F", I3=None, E2=None).open == ("I3", "E2")
    assert decided(sex=None, I3=None, E2=None).open == ("I3", "E2")


answers = st.dictionaries(
    st.sampled_from([c.code for c in CRITERIA]), st.sampled_from([True, False, None])
)


@given(answers, st.none() | st.integers(0, 99), st.sampled_from(["M", "F", None]))
def test_learning_more_never_turns_a_decision_round(known, age, sex):
    before = decide(known, age, sex, None)
    after = decide(
        {**dict.fromkeys(GOOD, True), **{k: v for k, v in known.items() if v is not None}},
        age,
        sex,
        7,
    )
    if before.eligible is False:
        assert after.eligible is False
        assert set(before.unmet) <= set(after.unmet)
