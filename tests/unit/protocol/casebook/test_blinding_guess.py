"""The guesses at week 12, beside the answers of the blinding index (clinical rules §8.5)."""

from datetime import timedelta
from pathlib import Path

import pytest

from randomization.blinding_indices import GuessTable
from tests.unit.protocol.casebook.facts_visit_forms import (
    Example,
    a_row,
    finds,
    week,
    well_formed,
    without_each_need,
)
from trial.protocol.casebook import blinding_guess
from trial.protocol.casebook.blinding_guess import CERTAINTY, CHECKS, FORM, GUESSES, firmness
from trial.protocol.crf import asked, missing, state_of
from trial.protocol.edit_checks import applicable

WHO = ("participant", "investigator")
W12 = {"visit": "W12", "on": week(12)}
COMPLETE = {
    "asked_on": week(12), "participant_guess": "unknown", "investigator_guess": "unknown",
}  # fmt: skip


def deviation(kind):
    return (a_row("deviation", {"kind": kind}),)


FIRES = [
    Example("BG-02", {"asked_on": week(12) + timedelta(1)}, W12),
    *(Example("BG-03", {f"{who}_reason": "told"}) for who in WHO),
    Example("BG-03", {"participant_reason": "told"}, others=deviation("dose")),
]
HOLDS = [
    Example("BG-02", {"asked_on": week(12)}, W12),
    Example("BG-03", {"participant_reason": "effect", "investigator_reason": "look"}),
    Example("BG-03", {"participant_reason": "told"}, others=deviation("blinding")),
    Example("BG-03", {}),
]


def test_form_and_checks_are_well_formed():
    well_formed(FORM, CHECKS)


def test_both_are_asked_the_same():
    participant, investigator = (
        [
            (one.name.removeprefix(f"{who}_"), one.codes)
            for one in FORM.questions
            if one.name.startswith(who)
        ]
        for who in WHO
    )
    assert participant == investigator
    assert [name for name, _ in participant] == ["guess", "certainty", "reason", "other"]


def test_needed_questions():
    assert missing(FORM, {}) == ("asked_on", "participant_guess", "investigator_guess")
    assert state_of(FORM, COMPLETE) == "complete"


@pytest.mark.parametrize("who", WHO)
def test_who_guesses_says_how_certain_and_why(who):
    for guess, goes_on in {"uc_msc": True, "placebo": True, "unknown": False, "": False}.items():
        values = {f"{who}_guess": guess}
        for name in (f"{who}_certainty", f"{who}_reason"):
            assert asked(FORM, FORM.question(name), values) is goes_on
    guessed = COMPLETE | {f"{who}_guess": "placebo"}
    assert missing(FORM, guessed) == (f"{who}_certainty", f"{who}_reason")
    other = guessed | {f"{who}_certainty": "2", f"{who}_reason": "other"}
    assert missing(FORM, other) == (f"{who}_other",)
    unknown = applicable(FORM, other | {f"{who}_other": "a dream", f"{who}_guess": "unknown"})
    assert {unknown[f"{who}_{what}"] for what in ("certainty", "reason", "other")} == {""}


@pytest.mark.parametrize(
    ("guess", "certainty", "answer"),
    [
        ("uc_msc", "5", "surely_uc_msc"),
        ("uc_msc", "4", "surely_uc_msc"),
        ("uc_msc", "3", "rather_uc_msc"),
        ("placebo", "1", "rather_placebo"),
        ("placebo", "4", "surely_placebo"),
        ("unknown", "", "unknown"),
        ("placebo", "", ""),
        ("", "4", ""),
        ("", "", ""),
    ],
)
def test_firmness_of_a_guess(guess, certainty, answer):
    assert firmness(guess, certainty) == answer


def test_the_answers_are_those_of_a_graded_table():
    answers = {firmness(guess.code, certainty.code) for guess in GUESSES for certainty in CERTAINTY}
    assert GuessTable(((0,) * len(answers),) * 2).graded


def test_no_check_reads_what_knows_an_arm():
    assert {form for check in CHECKS for form in check.reads} == {"deviation"}
    assert "randomization" not in {
        word
        for one in Path(blinding_guess.__file__).read_text(encoding="utf-8").splitlines()
        if one.startswith(("import ", "from "))
        for word in one.replace(".", " ").split()
    }


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
