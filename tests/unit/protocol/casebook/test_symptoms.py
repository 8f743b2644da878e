"""The symptom checklist as a form, beside the checklist of the rules (clinical rules §11)."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from tests.unit.protocol.casebook.facts_visit_forms import (
    DAY_0,
    WOMAN,
    Example,
    a_row,
    finds,
    week,
    well_formed,
    without_each_need,
)
from trial.protocol.casebook.symptoms import CHECKLIST, CHECKS, FORM, ratings, score
from trial.protocol.crf import missing, state_of
from trial.protocol.symptoms import Scale
from visits.symptoms import Ratings, check, unanswered

SECTIONS = {"symptom": "symptoms", "sign": "signs", "steroid": "steroid_effects"}
W12 = {"pk": 9, "visit": "W12", "on": week(12)}


def at(visit, on, pk=1, **values):
    return a_row("symptoms", values, pk=pk, visit=visit, on=on)


D0_OF_3 = (at("D0", DAY_0, fatigue=3, pruritus=3),)
WORSE = (
    at("SCR", DAY_0 - timedelta(14), pk=1, fatigue=1),
    at("D0", DAY_0, pk=2, fatigue=4),
)
SCREENED = (
    at("SCR", DAY_0 - timedelta(14), pk=1, fatigue=1),
    at("D0", DAY_0, pk=2, fatigue=None),
)
MAN = replace(WOMAN, sex="M", childbearing_potential=None)
OLDER = replace(WOMAN, childbearing_potential=False)
UNKNOWN = replace(WOMAN, childbearing_potential=None)
AMENORRHOEA = {"assessed_on": week(12), "amenorrhoea": ""}

FIRES = [
    Example("SYM-01", {"fatigue": 7}, W12, D0_OF_3),
    Example("SYM-01", {"fatigue": Decimal(5)}, W12, SCREENED),
    Example("SYM-02", {"pruritus": 7}, W12, D0_OF_3),
    Example("SYM-03", {"amenorrhoea": "none"}, person=MAN),
    Example("SYM-04", AMENORRHOEA),
    Example("SYM-06", {"assessed_on": week(12) + timedelta(1)}, W12),
]
HOLDS = [
    Example("SYM-01", {"fatigue": 6}, W12, D0_OF_3),
    Example("SYM-01", {"fatigue": 7}, W12, WORSE),  # day 0 counts, not screening
    Example("SYM-01", {"fatigue": 10}, W12),
    Example("SYM-01", {"fatigue": 10}, {**W12, "on": None}, D0_OF_3),
    # another visit of the baseline's own day
    Example("SYM-01", {"fatigue": 10}, {"pk": 9, "visit": "UNS 1", "on": DAY_0}, D0_OF_3),
    # before baseline: an unscheduled visit between screening and day 0
    Example(
        "SYM-01", {"fatigue": 10}, {"pk": 9, "visit": "UNS 1", "on": DAY_0 - timedelta(3)}, D0_OF_3
    ),
    Example(
        "SYM-01", {"fatigue": 10}, W12, (a_row("symptoms", {"fatigue": 0}, visit="D0", on=None),)
    ),
    Example(
        "SYM-01",
        {"fatigue": 10},
        W12,
        (a_row("symptoms", {"fatigue": 0}, visit="D0", on=DAY_0, not_done=True),),
    ),
    Example("SYM-02", {"pruritus": 6}, W12, D0_OF_3),
    Example("SYM-03", {"amenorrhoea": "severe"}),
    Example("SYM-04", {**AMENORRHOEA, "amenorrhoea": "none"}),
    Example("SYM-04", AMENORRHOEA, person=MAN),
    Example("SYM-04", AMENORRHOEA, person=OLDER),
    Example("SYM-04", AMENORRHOEA, person=UNKNOWN),
    Example("SYM-06", {"assessed_on": week(12)}, W12),
    Example("SYM-06", {"assessed_on": week(12)}, {"visit": "W12"}),
]


def test_form_and_checks_are_well_formed():
    well_formed(FORM, CHECKS)


@pytest.mark.parametrize("group", SECTIONS)
def test_each_item_of_the_checklist_is_asked_in_its_order(group):
    asked = [one.name for one in FORM.section(SECTIONS[group]).questions]
    items = [item.code for item in CHECKLIST.items if item.group == group]
    assert [name for name in asked if name not in ("assessed_on", "remark")] == items


def test_nothing_else_is_asked():
    names = {one.name for one in FORM.questions}
    assert names - set(CHECKLIST.by_code) == {"assessed_on", "remark"}


def test_the_day_comes_first_and_the_remark_last():
    assert (FORM.questions[0].name, FORM.questions[-1].name) == ("assessed_on", "remark")


@pytest.mark.parametrize("item", CHECKLIST.items, ids=lambda item: item.code)
def test_answers_of_each_question_are_the_scores_of_its_scale(item):
    question = FORM.question(item.code)
    answers = {
        "number": lambda: range(int(question.low or 0), int(question.high or 0) + 1),
        "choice": lambda: [one.code for one in question.codes],
        "yes_no": lambda: [False, True],
    }[question.kind]()
    assert [score(item, answer) for answer in answers] == list(range(item.scale.highest + 1))
    assert score(item, question.empty) is None
    assert question.decimals == 0


@pytest.mark.parametrize(
    ("scale", "kind"),
    [
        (Scale.NRS, "number"),
        (Scale.SEVERITY, "choice"),
        (Scale.PRESENCE, "yes_no"),
        (Scale.WEST_HAVEN, "choice"),
    ],
)
def test_each_scale_has_its_kind_of_question(scale, kind):
    kinds = {FORM.question(one.code).kind for one in CHECKLIST.items if one.scale is scale}
    assert kinds == {kind}


def full(**changed):
    values = {one.name: one.empty for one in FORM.questions} | {"assessed_on": date(2026, 3, 1)}
    for item in CHECKLIST.items:
        question = FORM.question(item.code)
        values[item.code] = {"number": 0, "choice": "none", "yes_no": False}[question.kind]
    return values | {"encephalopathy": "0"} | changed


def test_a_row_is_what_the_rules_count_with():
    row = full(fatigue=Decimal(10), jaundice="severe", ascites=True, encephalopathy="4", mood="")
    found = Ratings(date(2026, 3, 1), ratings(row))
    check(CHECKLIST, found)
    assert unanswered(CHECKLIST, found) == ("mood",)
    wanted = {"fatigue": 10, "jaundice": 3, "ascites": 1, "encephalopathy": 4, "nausea": 0}
    assert {code: found.scores[code] for code in wanted} == wanted


def test_a_score_that_is_no_answer_is_refused():
    with pytest.raises(ValueError, match="terrible"):
        score(CHECKLIST.by_code["jaundice"], "terrible")


def test_every_item_is_needed_but_what_is_asked_of_women_alone():
    needed = {one.name for one in FORM.questions if one.needed}
    assert needed == {"assessed_on", *CHECKLIST.by_code} - {"amenorrhoea"}
    assert state_of(FORM, full(amenorrhoea="")) == "complete"
    assert missing(FORM, full(fatigue=None, ascites=None, mood="")) == (
        "fatigue",
        "mood",
        "ascites",
    )


def test_the_numeric_scale_ends_at_0_and_10():
    problem = FORM.question("pruritus").problem
    assert [problem(value) for value in (-1, 0, 10, 11)] == ["too_low", "", "", "too_high"]


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
