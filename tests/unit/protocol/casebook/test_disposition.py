"""How treatment and study go on or end, and how that fits visits and adverse events."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.protocol.casebook.facts_visit_forms import (
    CONSENT,
    DAY_0,
    WOMAN,
    Example,
    a_row,
    a_visit,
    finds,
    week,
    well_formed,
    without_each_need,
)
from trial.protocol.casebook.disposition import EVENTS, FORM
from trial.protocol.casebook.disposition_checks import ALLOWED, CHECKS, ENDS, TREATMENT_ENDS
from trial.protocol.crf import asked, missing, state_of
from trial.protocol.edit_checks import applicable

DAY = timedelta(1)
END = week(36)
MINE = {"pk": 9, "number": 9}
MAN = replace(WOMAN, sex="M")
ALL = tuple(one.code for one in EVENTS)
LAST = (a_visit("W24", week(24)), a_visit("W36", END))
OPEN = (*LAST, a_visit("W48", status="planned"))
LEFT_OUT = (*LAST, a_visit("W48", status="missed"))


def other(event, on=None):
    return (a_row("disposition", {"event": event, "happened_on": on}),)


def died(on):
    """The form of the death."""
    return (a_row("death", {"died_on": on}),)


def adverse_event(outcome, died="", number=3):
    values = {"outcome": outcome, "died_on": died}
    return (a_row("adverse_event", values, number=number),)


def it(event, on=END):
    """The answers to what happened and when."""
    return {"event": event, "happened_on": on}


FIRES = [
    *(Example("DS-01", {"event": one}, MINE, other(two)) for one in ENDS for two in ENDS),
    Example("DS-01", {"event": "death"}, MINE, other("death")),
    *(
        Example("DS-02", {"event": one}, MINE, other(two))
        for one in TREATMENT_ENDS
        for two in TREATMENT_ENDS
    ),
    Example("DS-03", {"event": "death"}),
    Example("DS-03", {"event": "death"}, others=adverse_event("unknown")),
    Example("DS-05", {"event": "death"}),
    Example("DS-05", {"event": "death"}, others=died("")),
    Example("DS-07", it("study_completed"), MINE, died(str(END - DAY))),
    Example("DS-07", it("withdrawal_full"), MINE, died("2026-09")),
    Example("DS-08", it("study_completed", END - DAY), visits=LAST),
    Example("DS-08", it("lost_to_follow_up", END - DAY), visits=LAST),
    Example("DS-09", it("withdrawal_full", END - DAY), visits=LAST),
    Example("DS-09", it("withdrawal_full"), MINE, other("treatment_stop", END + DAY)),
    Example("DS-10", {"last_contact_on": END + DAY, "happened_on": END}),
    Example("DS-11", {"last_contact_on": END - DAY}, visits=LAST),
    Example("DS-15", {"event": "withdrawal_partial", "allows_visits": False}),
    Example("DS-16", {"reason": "pregnancy"}, person=MAN),
    Example("DS-17", {"happened_on": CONSENT - DAY}),
    Example("DS-18", it("treatment_completed", DAY_0 - DAY)),
    Example("DS-19", {"event": "study_completed"}, visits=OPEN),
    Example("DS-22", it("withdrawal_partial", END - DAY), visits=LAST),
    Example("DS-23", it("death", END - DAY), others=died(str(END))),
]
HOLDS = [
    Example("DS-23", it("death"), others=died(str(END))),
    Example("DS-23", it("death"), others=died("2026")),
    Example("DS-23", it("study_completed", END - DAY), others=died(str(END))),
    *(Example("DS-01", {"event": one}, MINE) for one in ALL),
    *(Example("DS-01", {"event": one}, MINE, other("treatment_completed")) for one in ENDS),
    *(Example("DS-01", {"event": one}, MINE, other("death")) for one in ENDS),
    *(Example("DS-01", {"event": "death"}, MINE, other(one)) for one in ENDS),
    Example("DS-01", {"event": "withdrawal_partial"}, MINE, other("withdrawal_partial")),
    Example("DS-02", {"event": "treatment_stop"}, MINE, other("study_completed")),
    Example("DS-02", {"event": "study_completed"}, MINE, other("treatment_stop")),
    Example("DS-03", {"event": "death"}, others=adverse_event("fatal")),
    Example("DS-03", {"event": "study_completed"}),
    Example("DS-05", {"event": "death"}, others=died("2026")),
    Example("DS-05", {"event": "study_completed"}),
    Example("DS-07", it("study_completed"), MINE, died(str(END))),
    Example("DS-07", it("study_completed"), MINE, died("2026")),
    Example("DS-07", it("lost_to_follow_up"), MINE, died("2026-09")),
    Example("DS-07", it("treatment_stop"), MINE, died("2026-09")),
    Example("DS-08", it("study_completed"), visits=LAST),
    Example("DS-08", it("study_completed", END - DAY)),  # no visit was held
    Example("DS-08", it("treatment_stop", END - DAY), visits=LAST),
    Example("DS-08", it("withdrawal_full", END - DAY), visits=LAST),
    Example("DS-09", it("withdrawal_full"), visits=LAST),
    Example("DS-09", it("withdrawal_partial", END - DAY), visits=LAST),
    Example("DS-09", it("withdrawal_full"), MINE, other("treatment_stop", END)),
    Example("DS-09", it("withdrawal_full"), MINE, died("2026-11")),
    Example("DS-10", {"last_contact_on": END, "happened_on": END}),
    Example("DS-11", {"last_contact_on": END}, visits=LAST),
    Example("DS-15", {"event": "withdrawal_partial", "allows_vital_status": True}),
    Example("DS-15", {"event": "withdrawal_full"}),
    Example("DS-16", {"reason": "pregnancy"}),
    Example("DS-16", {"reason": "other"}, person=MAN),
    Example("DS-17", {"happened_on": CONSENT}),
    Example("DS-18", it("treatment_completed", DAY_0)),
    Example("DS-18", it("treatment_stop", DAY_0 - DAY)),
    Example("DS-19", {"event": "study_completed"}, visits=LEFT_OUT),
    Example("DS-19", {"event": "death"}, visits=OPEN),
    Example("DS-22", it("withdrawal_partial"), visits=LAST),
    Example("DS-22", it("withdrawal_full", END - DAY), visits=LAST),
    Example("DS-22", it("withdrawal_partial", END - DAY) | {"allows_visits": True}, visits=LAST),
]

# Two checks are of other forms: a fatal event, and a form of the death, without a death here.
DIED = {"outcome": "fatal"}
NO_DEATH = Example("DS-04", DIED, form="adverse_event")
DEATH = [
    Example("DS-04", DIED, form="adverse_event", others=other("death")),
    Example("DS-04", {"outcome": "unknown"}, form="adverse_event"),
    Example("DS-04", {"outcome": ""}, form="adverse_event"),
]


def test_form_and_checks_are_well_formed():
    well_formed(FORM, CHECKS)


def test_a_fatal_event_without_a_death_here_is_asked_about_at_the_event():
    assert finds(CHECKS, FORM, NO_DEATH)
    assert finds(CHECKS, FORM, replace(NO_DEATH, others=other("study_completed")))


@pytest.mark.parametrize("example", DEATH, ids=str)
def test_a_fatal_event_with_a_death_is_not(example):
    assert not finds(CHECKS, FORM, example)


def test_the_form_of_a_death_without_its_line_here_is_asked_about():
    known = Example("DS-06", {"died_on": "2026-10"}, form="death")
    assert finds(CHECKS, FORM, known)
    assert not finds(CHECKS, FORM, replace(known, others=other("death")))
    assert not finds(CHECKS, FORM, replace(known, values={"died_on": ""}))


@pytest.mark.parametrize(
    ("event", "needed"),
    [
        ("treatment_stop", ("happened_on", "reason")),
        ("treatment_completed", ("happened_on",)),
        ("study_completed", ("happened_on",)),
        ("withdrawal_partial", ("happened_on", "reason")),
        ("withdrawal_full", ("happened_on", "reason")),
        ("lost_to_follow_up", ("happened_on", "last_contact_on", "attempts")),
        ("death", ("happened_on",)),
    ],
)
def test_each_event_has_its_questions(event, needed):
    assert missing(FORM, {"event": event}) == needed


def test_nothing_else_is_asked_before_it_is_known_what_happened():
    open_questions = [one.name for one in FORM.questions if asked(FORM, one, {})]
    assert open_questions == ["event", "happened_on", "remark"]
    assert missing(FORM, {"remark": "called"}) == ("event", "happened_on")


@pytest.mark.parametrize(
    ("reason", "needed"),
    [("adverse_event", ("adverse_event",)), ("other", ("other_reason",)), ("wish", ())],
)
def test_a_reason_leads_on(reason, needed):
    values = {"event": "treatment_stop", "happened_on": END, "reason": reason}
    assert missing(FORM, values) == needed
    completed = applicable(FORM, values | {"event": "study_completed", "adverse_event": 3})
    assert (completed["reason"], completed["adverse_event"]) == ("", None)


def test_what_is_still_allowed_is_asked_of_a_partial_withdrawal_alone():
    for question in map(FORM.question, ALLOWED):
        found = [event for event in ALL if asked(FORM, question, {"event": event})]
        assert found == ["withdrawal_partial"]


def test_a_partial_withdrawal_is_complete():
    values = {"event": "withdrawal_partial", "happened_on": END, "reason": "wish"}
    assert state_of(FORM, values) == "complete"


def test_fewer_than_three_attempts_at_contact_are_asked_about():
    doubtful = FORM.question("attempts").doubtful
    assert [doubtful(number) for number in (0, 2, 3, 4)] == [True, True, False, False]


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
    ids = {one.id for one in CHECKS} - {"DS-04", "DS-06"}
    assert ids == {one.check for one in FIRES} == {one.check for one in HOLDS}
