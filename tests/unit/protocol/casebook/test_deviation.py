"""Deviations as people record them, beside those the facts show (clinical rules §1.2 to §1.4)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.protocol.casebook.facts_visit_forms import (
    CONSENT,
    WOMAN,
    Example,
    a_row,
    a_visit,
    finds,
    week,
    well_formed,
    without_each_need,
)
from trial.protocol.casebook.deviation import CHECKS, FORM, KIND_OF_FINDING, KINDS
from trial.protocol.crf import asked, missing, state_of
from visits.deviations import Code

DAY = timedelta(1)
ENDED = replace(WOMAN, ended_on=week(24))
VISITS = (a_visit("W12", week(12)), a_visit("UNS 1", week(13)))
COMPLETE = {
    "occurred_on": week(12), "found_on": week(12), "kind": "window",
    "description": "a week late", "origin": "entered", "impact": "minor", "reported": False,
}  # fmt: skip
MINE = {"pk": 2, "number": 2}


def found(code):
    return (a_row("deviation", {"detected_code": code}),)


FIRES = [
    Example("DV-04", {"found_on": week(12) - DAY, "occurred_on": week(12)}),
    Example("DV-05", {"reported_on": week(12) - DAY, "occurred_on": week(12)}),
    Example("DV-06", {"impact": "major", "action": ""}),
    Example("DV-07", {"occurred_on": CONSENT - DAY, "kind": "medication"}),
    Example("DV-08", {"occurred_on": week(24) + DAY}, person=ENDED),
    Example("DV-09", {"visit_label": "W11"}, visits=VISITS),
    Example("DV-10", {"detected_code": "dose W4"}, MINE, found("dose W4")),
]
HOLDS = [
    Example("DV-04", {"found_on": week(12), "occurred_on": week(12)}),
    Example("DV-05", {"reported_on": week(12), "occurred_on": week(12)}),
    Example("DV-06", {"impact": "major", "action": "training"}),
    Example("DV-06", {"impact": "minor", "action": ""}),
    Example("DV-07", {"occurred_on": CONSENT, "kind": "medication"}),
    Example("DV-07", {"occurred_on": CONSENT - DAY, "kind": "consent"}),
    Example(
        "DV-07",
        {"occurred_on": CONSENT - DAY, "kind": "medication"},
        person=replace(WOMAN, consented_on=None),
    ),
    Example("DV-08", {"occurred_on": week(24)}, person=ENDED),
    Example("DV-08", {"occurred_on": week(24) + DAY}),
    Example("DV-09", {"visit_label": "W12"}, visits=VISITS),
    Example("DV-09", {"visit_label": "UNS 1"}, visits=VISITS),
    Example("DV-09", {"visit_label": "W11"}),  # nothing is known of the visits
    Example("DV-10", {"detected_code": "dose W8"}, MINE, found("dose W4")),
]


def test_form_and_checks_are_well_formed():
    well_formed(FORM, CHECKS)


def test_every_finding_has_a_kind():
    assert set(KIND_OF_FINDING) == {one.value for one in Code}
    assert set(KIND_OF_FINDING.values()) <= {one.code for one in KINDS}


def test_needed_questions():
    assert set(missing(FORM, {})) == set(COMPLETE)
    assert state_of(FORM, COMPLETE) == "complete"


def test_what_the_system_found_has_its_code():
    question = FORM.question("detected_code")
    assert [asked(FORM, question, {"origin": one}) for one in ("detected", "entered", "")] == [
        True, False, False,
    ]  # fmt: skip
    assert missing(FORM, COMPLETE | {"origin": "detected"}) == ("detected_code",)


def test_what_was_reported_has_its_day():
    assert missing(FORM, COMPLETE | {"reported": True}) == ("reported_on",)


@pytest.mark.parametrize(
    ("name", "names_people"),
    [("visit_label", False), ("detected_code", False), ("description", True), ("action", True)],
)
def test_only_free_text_may_name_people(name, names_people):
    assert FORM.question(name).names_people is names_people


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
