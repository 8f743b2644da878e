"""The guesses of week 12 by arm, counted for the indices of blinding."""

import pytest

from randomization.guesses import ANSWERS, Answered, report

ARMS = {"01-1": "A", "01-2": "A", "01-3": "A", "01-4": "B", "01-5": "B", "01-6": "B"}


def said(**answers):
    return [Answered(f"01-{code[1:]}", answer) for code, answer in answers.items()]


def test_answers_are_counted_in_the_arm_of_who_gave_them():
    found = report("participant", ARMS, said(p1="surely_uc_msc", p2="unknown", p4="rather_placebo",
                                             p5="", p6="rather_uc_msc"))  # fmt: skip
    first, second = found.lines
    assert (first.arm, tuple(first.counts), first.unanswered) == ("A", (1, 0, 0, 0, 1), 1)
    assert (second.arm, tuple(second.counts), second.unanswered) == ("B", (0, 1, 1, 0, 0), 1)


def test_who_was_not_randomised_counts_nowhere():
    found = report("participant", ARMS, [Answered("02-9", "surely_placebo")])
    assert all(sum(line.counts) == 0 for line in found.lines)
    assert found.james.reason == "no_answers"


def test_all_right_is_one_and_all_wrong_is_minus_one():
    right = said(p1="surely_uc_msc", p2="surely_uc_msc", p3="surely_uc_msc", p4="surely_placebo",
                 p5="surely_placebo", p6="surely_placebo")  # fmt: skip
    assert [line.bang.estimate for line in report("participant", ARMS, right).lines] == [1, 1]
    assert report("participant", ARMS, right).james.estimate == 0
    swapped = {code: "B" if arm == "A" else "A" for code, arm in ARMS.items()}
    assert [line.bang.estimate for line in report("participant", swapped, right).lines] == [-1, -1]


def test_silence_widens_what_the_index_could_have_been():
    first, _second = report("participant", ARMS, said(p1="surely_uc_msc")).lines
    assert (first.bang.estimate, first.at_most) == (1, 1)
    assert first.at_least == pytest.approx(-1 / 3)


def test_an_arm_that_is_none_is_no_row():
    with pytest.raises(KeyError):
        report("participant", {"01-1": "C"}, [])


def test_every_answer_has_its_place():
    assert len(ANSWERS) == len(set(ANSWERS)) == 5
