"""The state of a visit, read from its row: by window while planned, by its panel once held."""

from dataclasses import replace
from datetime import date

import pytest

from reports.states import LOOKS, State, VisitRow

PLANNED = VisitRow(
    id=1, participant_id=1, participant="01-0019", participant_status="enrolled", site_id=1,
    code="W12", number=0, position=5, status="planned", target_on=date(2025, 3, 31),
    opens_on=date(2025, 3, 24), closes_on=date(2025, 4, 7), held_on=None, reason="",
    protocol_version="1.0", expected=None, filled=None, today=date(2025, 3, 24),
)  # fmt: skip
HELD = replace(PLANNED, status="held", held_on=date(2025, 3, 31))


@pytest.mark.parametrize(
    ("today", "state"),
    [
        (date(2025, 3, 23), State.NOT_DUE),
        (date(2025, 3, 24), State.TO_DO),  # the day the window opens
        (date(2025, 4, 7), State.TO_DO),  # the day it closes
        (date(2025, 4, 8), State.OVERDUE),
    ],
)
def test_planned_visit_follows_its_window(today, state):
    assert replace(PLANNED, today=today).state == state


@pytest.mark.parametrize("status", ["withdrawn", "completed", "screen_failed"])
def test_planned_visit_of_who_has_left_is_not_expected(status):
    assert replace(PLANNED, participant_status=status).state == State.NOT_EXPECTED


def test_planned_visit_without_dates_is_not_due():
    assert replace(PLANNED, opens_on=None, closes_on=None).state == State.NOT_DUE


@pytest.mark.parametrize(
    ("expected", "filled", "state"),
    [
        (None, None, State.NEEDS_LABS),
        (14, 0, State.INCOMPLETE),
        (14, 13, State.INCOMPLETE),
        (14, 14, State.DONE),
    ],
)
def test_held_visit_follows_its_panel(expected, filled, state):
    assert replace(HELD, expected=expected, filled=filled).state == state


def test_held_visit_of_who_has_left_still_wants_its_labs():
    assert replace(HELD, participant_status="withdrawn").state == State.NEEDS_LABS


def test_missed_visit_is_missed_and_says_why():
    missed = replace(PLANNED, status="missed", reason="abroad")
    assert (missed.state, missed.detail) == (State.MISSED, "abroad")


@pytest.mark.parametrize(
    ("held_on", "outside"),
    [
        (date(2025, 3, 23), True),
        (date(2025, 3, 24), False),
        (date(2025, 4, 7), False),
        (date(2025, 4, 8), True),
    ],
)
def test_window_ends_are_inside(held_on, outside):
    assert replace(HELD, held_on=held_on).out_of_window is outside


def test_days_overdue_count_from_the_closing_day():
    assert replace(PLANNED, today=date(2025, 4, 8)).days_overdue == 1


def test_unscheduled_visits_are_numbered_in_both_languages():
    unscheduled = replace(HELD, code="UNS", number=2, opens_on=None, closes_on=None)
    assert unscheduled.label == "UNS 2"
    assert (unscheduled.name.en, unscheduled.name.zh) == ("Unscheduled 2", "计划外访视 2")
    assert not unscheduled.out_of_window


def test_every_state_has_a_shape_and_a_word_of_its_own():
    assert set(LOOKS) == set(State)
    assert len({look.icon for look in LOOKS.values()}) == len(State)
    assert len({str(look.word) for look in LOOKS.values()}) == len(State)
