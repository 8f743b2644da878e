"""Saving a form: by section, by line, with reasons; what is refused leaves nothing behind."""

from datetime import timedelta
from decimal import Decimal

import pytest

from tests.factories import study
from tests.integration.crf.filling import (
    GOOD,
    HISTORY,
    SITE,
    VITALS,
    add,
    at_day_0,
    put,
    row_of,
)
from tests.integration.quality.holding import freeze, lock
from trial.access.exceptions import Conflict, KeyReused, Refused
from trial.audit.changes import field_changes
from trial.audit.context import Actor
from trial.audit.models import Event
from trial.crf import services
from trial.crf.models import MODELS
from trial.crf.owner import Owner
from trial.crf.values import mark_of
from trial.protocol.casebook.forms import BY_CODE
from trial.quality.exceptions import Locked
from trial.quality.models import Scope
from visits.models import Visit
from visits.services import schedule

pytestmark = pytest.mark.django_db
EVENT = BY_CODE["adverse_event"]
DISPOSITION = BY_CODE["disposition"]
DEVIATION = BY_CODE["deviation"]


@pytest.fixture
def person(cast):
    return study.enrolled(cast.site)


@pytest.fixture
def vitals(person):
    return at_day_0(person)


@pytest.fixture
def about(person):
    return Owner(person)


def stored(owner, form, number=1):
    return {name: value for name, value in row_of(owner, form, number).values.items() if value}


@pytest.mark.req("R-01")
def test_a_section_is_stored_with_who_and_when(vitals):
    saved = put(vitals, VITALS, GOOD)
    row = row_of(vitals, VITALS)
    assert (saved.number, saved.changed, row.version, row.saved_by) == (1, True, 1, "coordinator")
    assert stored(vitals, VITALS) == GOOD


def test_sections_of_a_form_are_stored_one_after_another(about):
    first, second = DEVIATION.sections
    day = study.DAY0
    what = {"occurred_on": day, "found_on": day, "kind": "dose", "description": "x",
            "origin": "entered"}  # fmt: skip
    add(about, DEVIATION, what)
    put(about, DEVIATION, {"impact": "minor", "reported": False}, section=second.code)
    row = row_of(about, DEVIATION)
    assert (row.kind, row.impact, row.reported, row.version) == ("dose", "minor", False, 2)
    assert first.code != second.code


def test_the_same_again_changes_nothing(vitals):
    put(vitals, VITALS, GOOD)
    assert not put(vitals, VITALS, GOOD).changed
    assert row_of(vitals, VITALS).version == 1


def test_what_is_typed_is_stored_without_blanks_around_it(about):
    add(about, HISTORY, {"condition": "  Asthma \n"})
    assert row_of(about, HISTORY).condition == "Asthma"


def test_new_lines_are_counted_and_a_number_is_used_once(about):
    assert [add(about, HISTORY, {"condition": text}).number for text in ("A", "B")] == [1, 2]
    services.strike(owner=about, form=HISTORY, number=2, by=SITE, reason="twice")
    assert add(about, HISTORY, {"condition": "C"}).number == 3


def test_a_new_line_without_anything_is_none(about):
    with pytest.raises(Refused, match="Nothing is filled in"):
        add(about, HISTORY, {"condition": " "})
    assert not MODELS["medical_history"].objects.exists()


@pytest.mark.parametrize("number", [7, 999])
def test_a_line_that_is_not_there_is_not_made(about, number):
    with pytest.raises(Refused, match="no such line"):
        put(about, HISTORY, {"condition": "A"}, number=number)


@pytest.mark.req("R-13")
def test_a_stored_answer_is_changed_with_a_reason_only(vitals):
    put(vitals, VITALS, GOOD)
    with pytest.raises(Refused) as refused:
        put(vitals, VITALS, {"systolic": 120})
    assert list(refused.value.errors) == ["reason"]
    put(vitals, VITALS, {"systolic": 120}, reason="misread")
    assert row_of(vitals, VITALS).systolic == 120


def test_what_was_blank_is_filled_in_without_a_reason(vitals):
    put(vitals, VITALS, {name: GOOD[name] for name in ("measured_on", "systolic", "diastolic")})
    put(vitals, VITALS, {"heart_rate": 70})
    assert row_of(vitals, VITALS).heart_rate == 70


def test_an_answer_is_taken_back_with_a_reason(vitals):
    put(vitals, VITALS, GOOD)
    put(vitals, VITALS, {"weight_kg": None}, reason="of somebody else")
    assert row_of(vitals, VITALS).weight_kg is None


def test_what_somebody_else_stored_is_not_overwritten(vitals):
    put(vitals, VITALS, GOOD)
    drawn = mark_of({one.name: GOOD.get(one.name) for one in VITALS.questions})
    other = Actor(name="other", role="coordinator")
    put(vitals, VITALS, {"systolic": 120}, reason="misread", by=other)
    with pytest.raises(Conflict) as conflict:
        put(vitals, VITALS, {"systolic": 130, "heart_rate": 70}, base=drawn, reason="misread")
    (difference,) = conflict.value.difference
    assert (difference["field"], difference["stored"], difference["yours"]) == (
        "systolic", "120 mmHg", "130 mmHg",
    )  # fmt: skip
    assert row_of(vitals, VITALS).systolic == 120


def test_two_who_type_the_same_do_not_disturb_each_other(vitals):
    put(vitals, VITALS, GOOD)
    assert not put(vitals, VITALS, GOOD, base="of an empty sheet").changed


def test_a_key_that_comes_again_stores_once(cast, about):
    by = Actor.of(cast.coordinator)
    sent = {"key": "k1", "by": by}
    first = add(about, HISTORY, {"condition": "Asthma"}, **sent)
    again = add(about, HISTORY, {"condition": "Asthma"}, **sent)
    assert (first.number, first.replayed) == (1, False)
    assert (again.number, again.replayed) == (1, True)
    assert MODELS["medical_history"].objects.count() == 1
    with pytest.raises(KeyReused):
        add(about, HISTORY, {"condition": "Gout"}, **sent)


def test_a_refused_save_leaves_its_key_unused(cast, about):
    sent = {"key": "k1", "by": Actor.of(cast.coordinator)}
    with pytest.raises(Refused):
        add(about, HISTORY, {"condition": "x" * 2_001}, **sent)
    assert add(about, HISTORY, {"condition": "Asthma"}, **sent).number == 1


# --- what is possible ---------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"systolic": 39}, "At least 40 mmHg is possible."),
        ({"systolic": 301}, "At most 300 mmHg is possible."),
        ({"temperature": Decimal("43.1")}, "At most 43 °C is possible."),
        ({"remark": "x" * 2_001}, "At most 2000 characters."),
        ({"measured_on": study.DAY0 + timedelta(days=9_999)}, "lies in the future"),
    ],
)
def test_what_is_not_possible_is_refused_at_its_question(vitals, values, said):
    with pytest.raises(Refused) as refused:
        put(vitals, VITALS, GOOD | values)
    assert list(refused.value.errors) == list(values)
    assert said in str(refused.value.errors)
    assert not MODELS["vital_signs"].objects.exists()


def test_an_answer_that_is_not_offered_is_refused(about):
    with pytest.raises(Refused) as refused:
        add(about, HISTORY, {"condition": "A", "category": "no such"})
    assert "category" in refused.value.errors


@pytest.mark.parametrize("limit", ["low", "high"])
def test_a_limit_itself_is_possible(vitals, limit):
    question = VITALS.question("height_cm")
    answers = {"vital_signs.height_cm": "measured twice"}
    put(vitals, VITALS, {"height_cm": int(getattr(question, limit))}, answers=answers)
    assert row_of(vitals, VITALS).height_cm == getattr(question, limit)


# --- conditions ---------------------------------------------------------------------------------
def test_an_answer_that_is_not_asked_any_more_is_emptied(about):
    add(about, DISPOSITION, {"event": "treatment_stop", "happened_on": study.DAY0,
                             "reason": "other", "other_reason": "moved away"})  # fmt: skip
    put(about, DISPOSITION, {"reason": "wish"}, reason="asked again")
    row = row_of(about, DISPOSITION)
    assert (row.reason, row.other_reason) == ("wish", "")


def test_a_chain_of_conditions_is_emptied_to_its_end(about):
    add(about, DISPOSITION, {"event": "withdrawal_partial", "happened_on": study.DAY0,
                             "reason": "other", "other_reason": "moved away"},
        answers={"DS-15": "asked tomorrow"})  # fmt: skip
    put(about, DISPOSITION, {"allows_visits": True})
    put(about, DISPOSITION, {"event": "treatment_completed"}, reason="misunderstood",
        answers={"DS-18": "so it was"})  # fmt: skip
    row = row_of(about, DISPOSITION)
    assert (row.reason, row.other_reason, row.allows_visits) == ("", "", None)


def test_emptying_what_was_answered_needs_a_reason_too(about):
    add(about, DISPOSITION, {"event": "treatment_stop", "happened_on": study.DAY0,
                             "reason": "wish"})  # fmt: skip
    with pytest.raises(Refused) as refused:
        put(about, DISPOSITION, {"event": "study_completed"})
    assert "reason" in refused.value.errors


def test_an_answer_to_what_is_not_asked_is_not_stored(about):
    add(about, DISPOSITION, {"event": "study_completed", "happened_on": study.DAY0,
                             "reason": "wish"}, answers={"DS-19": "by phone"})  # fmt: skip
    assert row_of(about, DISPOSITION).reason == ""


# --- not done, struck ---------------------------------------------------------------------------
def test_a_sheet_is_marked_as_not_done_and_says_why(vitals):
    services.mark_not_done(owner=vitals, form=VITALS, why="no device", by=SITE)
    assert row_of(vitals, VITALS).not_done == "no device"


@pytest.mark.req("R-13")
def test_answers_are_taken_back_with_a_reason_where_a_sheet_was_not_done(vitals):
    put(vitals, VITALS, GOOD)
    not_done = {"owner": vitals, "form": VITALS, "why": "no device", "by": SITE}
    with pytest.raises(Refused) as refused:
        services.mark_not_done(**not_done)
    assert "reason" in refused.value.errors
    services.mark_not_done(**not_done, reason="of somebody else")
    assert (row_of(vitals, VITALS).not_done, stored(vitals, VITALS)) == ("no device", {})


def test_a_sheet_that_was_not_done_is_filled_in_with_a_reason(vitals):
    services.mark_not_done(owner=vitals, form=VITALS, why="no device", by=SITE)
    with pytest.raises(Refused) as refused:
        put(vitals, VITALS, GOOD)
    assert "reason" in refused.value.errors
    put(vitals, VITALS, GOOD, reason="found the sheet")
    assert row_of(vitals, VITALS).not_done == ""


def test_another_word_on_why_it_was_not_done_needs_a_reason(vitals):
    services.mark_not_done(owner=vitals, form=VITALS, why="no device", by=SITE)
    services.mark_not_done(owner=vitals, form=VITALS, why="no device", by=SITE)  # nothing new
    with pytest.raises(Refused):
        services.mark_not_done(owner=vitals, form=VITALS, why="left early", by=SITE)
    assert row_of(vitals, VITALS).version == 1


@pytest.mark.parametrize(("form", "why"), [(VITALS, " "), (HISTORY, "none")])
def test_not_done_is_said_of_a_sheet_and_with_a_why(vitals, about, form, why):
    owner = vitals if form is VITALS else about
    with pytest.raises(Refused):
        services.mark_not_done(owner=owner, form=form, why=why, by=SITE)


def test_a_struck_line_stays_and_takes_no_more(about):
    add(about, HISTORY, {"condition": "Asthma"})
    with pytest.raises(Refused):
        services.strike(owner=about, form=HISTORY, number=1, by=SITE, reason=" ")
    services.strike(owner=about, form=HISTORY, number=1, by=SITE, reason="twice")
    services.strike(owner=about, form=HISTORY, number=1, by=SITE, reason="twice")
    row = row_of(about, HISTORY)
    assert (row.struck, row.condition, row.version) == (True, "Asthma", 2)
    with pytest.raises(Refused, match="by mistake"):
        put(about, HISTORY, {"condition": "Gout"}, reason="other")


def test_a_sheet_is_not_struck(vitals):
    put(vitals, VITALS, GOOD)
    with pytest.raises(Refused):
        services.strike(owner=vitals, form=VITALS, number=1, by=SITE, reason="twice")


# --- what stands against it ---------------------------------------------------------------------
@pytest.mark.req("R-21")
@pytest.mark.parametrize("hold", [lock, freeze])
@pytest.mark.parametrize("scope", [Scope.STUDY, Scope.SITE, Scope.PARTICIPANT])
def test_nothing_is_saved_where_data_are_held(person, vitals, about, hold, scope):
    put(vitals, VITALS, GOOD)
    add(about, HISTORY, {"condition": "Asthma"})
    hold(scope, person)
    acts = [
        lambda: put(vitals, VITALS, {"systolic": 120}, reason="misread"),
        lambda: add(about, HISTORY, {"condition": "Gout"}),
        lambda: services.strike(owner=about, form=HISTORY, number=1, by=SITE, reason="twice"),
        lambda: services.mark_not_done(owner=vitals, form=VITALS, why="x", by=SITE, reason="x"),
    ]
    for act in acts:
        with pytest.raises(Locked):
            act()
    assert row_of(vitals, VITALS).systolic == 118


def test_a_held_form_leaves_the_others_open(person, vitals, about):
    lock(Scope.FORM, person, vitals.visit, "vital_signs")
    with pytest.raises(Locked):
        put(vitals, VITALS, GOOD)
    add(about, HISTORY, {"condition": "Asthma"})


def test_nothing_is_recorded_at_a_visit_that_was_missed(vitals):
    stale = Owner(vitals.participant, Visit.objects.get(pk=vitals.visit.pk))
    schedule.miss(visit=vitals.visit, reason="abroad", by=SITE)
    for act in (put, lambda owner, form, _values: services.mark_not_done(
        owner=owner, form=form, why="x", by=SITE
    )):  # fmt: skip
        with pytest.raises(Refused, match="missed"):
            act(stale, VITALS, GOOD)


@pytest.mark.req("R-02", "R-03")
def test_the_trail_has_each_answer_with_old_and_new_and_why(vitals):
    put(vitals, VITALS, GOOD)
    put(vitals, VITALS, {"systolic": 120, "heart_rate": 70}, reason="misread")
    event = Event.objects.filter(table_name="visits_vitalsigns", kind="update").get()
    changes = [(one.field, one.old, one.new) for one in field_changes(event)]
    assert changes == [("systolic", 118, 120)]
    assert (event.actor, event.reason) == ("coordinator", "misread")
    assert event.participant_id == vitals.participant.pk
