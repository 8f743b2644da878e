"""The biopsy form beside the rules of its size (clinical rules §5.3)."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from tests.unit.protocol.casebook.facts_visit_forms import (
    CONSENT,
    DAY_0,
    WOMAN,
    Example,
    a_row,
    finds,
    week,
    well_formed,
    without_each_need,
)
from trial.protocol.casebook.biopsy import CHECKS, COMPLICATIONS, FORM, SIZE
from trial.protocol.crf import asked, missing, state_of
from trial.protocol.edit_checks import applicable, findings, limits_of
from visits.histology import Size, adequacy


def at(day, days=0):
    """Ten o'clock of a day, or of so many days later."""
    return datetime.combine(day + timedelta(days), datetime.min.time()) + timedelta(hours=10)


UNTREATED = replace(WOMAN, day0_on=None)
W48 = {"pk": 9, "visit": "W48", "on": week(24)}
EVENT = a_row("adverse_event", {}, number=3)
STRAY = {"complications": True, "adverse_event": None}
COMPLETE = {
    "taken_at": at(week(24)), "route": "percutaneous", "gauge": 16, "core_mm": 18,
    "portal_tracts": 8, "fragments": 1, "adequate": True, "complications": False,
    "specimen": "K7F2", "sent": False,
}  # fmt: skip


def judged(adequate, core_mm, portal_tracts):
    return {"adequate": adequate, "core_mm": core_mm, "portal_tracts": portal_tracts}


def named(specimen, visit="W48", pk=9):
    return a_row("biopsy", {"specimen": specimen}, pk=pk, visit=visit)


FIRES = [
    Example("BX-02", {"taken_at": at(week(24), 29)}, W48),
    Example("BX-02", {"taken_at": at(week(24), -29)}, W48),
    Example("BX-03", {"taken_at": at(CONSENT, -1)}),
    Example("BX-04", {"taken_at": at(DAY_0, 1)}, {"visit": "SCR"}),
    Example("BX-04", {"taken_at": at(DAY_0, 1)}, {"visit": "D0"}),
    Example("BX-05", judged(True, Decimal("14.9"), 6)),
    Example("BX-05", judged(True, 15, 5)),
    Example("BX-05", judged(True, 14, None)),  # one that is short decides
    Example("BX-05", judged(True, None, 5)),
    Example("BX-06", {"complications": True}),
    *(Example("BX-07", STRAY | {name: True}) for name in COMPLICATIONS),
    Example("BX-10", {"sent_on": week(24) - timedelta(1), "taken_at": at(week(24))}),
    Example("BX-11", {"sent": True, "stain_he": False}),
    Example("BX-11", {"sent": True, "stain_he": None}),
    Example("BX-12", {"specimen": "K7-W48"}, W48),
    Example("BX-12", {"specimen": "w48/2"}, W48),
    Example("BX-13", {"specimen": "K7F2"}, W48, (named("K7F2", "SCR", 1),)),
    Example("BX-13", {"specimen": "k7f2"}, W48, (named("K7F2", "SCR", 1),)),
]
HOLDS = [
    Example("BX-02", {"taken_at": at(week(24), 28)}, W48),
    Example("BX-02", {"taken_at": at(week(24), -28)}, W48),
    Example("BX-02", {"taken_at": at(week(24), 99)}, {"visit": "W48"}),
    Example("BX-03", {"taken_at": at(CONSENT)}),
    Example("BX-03", {"taken_at": at(CONSENT, -1)}, person=replace(WOMAN, consented_on=None)),
    Example("BX-04", {"taken_at": at(DAY_0)}, {"visit": "SCR"}),
    Example("BX-04", {"taken_at": at(DAY_0, 1)}, {"visit": "W48"}),
    Example("BX-04", {"taken_at": at(DAY_0, 1)}, {"visit": "SCR"}, person=UNTREATED),
    Example("BX-05", judged(True, 15, 6)),
    Example("BX-05", judged(True, None, None)),
    Example("BX-05", judged(False, 10, 2)),
    Example("BX-06", {"complications": True, "pain": True}),
    Example("BX-06", {"complications": False}),
    Example("BX-07", {"complications": True, "pain": True, "adverse_event": 3}),
    Example("BX-07", STRAY | {"pain": False}),
    Example("BX-07", {"complications": False, "pain": True}),
    Example("BX-10", {"sent_on": week(24), "taken_at": at(week(24))}),
    Example("BX-11", {"sent": True, "stain_he": True}),
    Example("BX-11", {"sent": False, "stain_he": False}),
    Example("BX-12", {"specimen": "K7F2"}, W48),
    Example("BX-12", {"specimen": "BXW481"}, W48),
    Example("BX-12", {"specimen": "K7-W48"}, {"visit": "W96"}),
    Example("BX-13", {"specimen": "K7F3"}, W48, (named("K7F2", "SCR", 1),)),
    Example("BX-13", {"specimen": "K7F3"}, W48, (named(None, "SCR", 1),)),
]  # fmt: skip


def test_form_and_checks_are_well_formed():
    well_formed(FORM, CHECKS)


@pytest.mark.parametrize(
    ("core_mm", "portal_tracts", "found"),
    [
        (15, 6, set()),
        (Decimal("14.9"), 6, {"biopsy.core_mm"}),
        (15, 5, {"biopsy.portal_tracts"}),
        (None, None, set()),
    ],
)
def test_what_is_too_small_is_asked_about_as_the_rules_count_it(core_mm, portal_tracts, found):
    case = Example("", judged(None, core_mm, portal_tracts)).case(FORM)
    assert {one.check.id for one in findings(limits_of(FORM), case.facts)} == found
    size = Size(None if core_mm is None else Decimal(core_mm), portal_tracts, None)
    names = {f"biopsy.{name}" for name in adequacy(SIZE, size).short}
    assert names == found


def test_needles_of_16_to_18_are_usual():
    doubtful = FORM.question("gauge").doubtful
    assert [gauge for gauge in range(14, 22) if not doubtful(gauge)] == [16, 17, 18]


def test_a_core_has_a_length_as_the_rules_take_it():
    assert FORM.question("core_mm").problem(0) == "too_low"
    assert FORM.question("portal_tracts").problem(0) == ""
    assert FORM.question("fragments").problem(0) == "too_low"


def test_needed_questions():
    assert set(missing(FORM, {})) == set(COMPLETE)
    assert state_of(FORM, COMPLETE) == "complete"


def test_complications_lead_on_to_which_and_what_other():
    for name in (*COMPLICATIONS, "adverse_event"):
        for answer in (True, False, None):
            values = {"complications": answer}
            assert asked(FORM, FORM.question(name), values) is (answer is True)
    other = COMPLETE | {"complications": True, "other_complication": True}
    assert missing(FORM, other) == ("other_which",)
    none = applicable(FORM, other | {"other_which": "fever", "complications": False})
    assert (none["other_complication"], none["other_which"]) == (None, "")


def test_what_was_sent_has_a_day_and_a_number_of_slides():
    assert missing(FORM, COMPLETE | {"sent": True}) == ("sent_on", "slides")


def test_the_specimen_number_names_nobody():
    question = FORM.question("specimen")
    assert (question.names_people, question.length) == (False, 20)
    assert question.problem("X" * 21) == "too_long"


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
