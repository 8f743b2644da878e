"""Targets, windows and study days; clinical rules §1.3 and §1.4."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trial.protocol import registry
from trial.protocol.schedule import placement, plan, study_day, window_state

VISITS = registry.get("1.0").visits
DAY0 = date(2026, 1, 5)
days = st.dates(min_value=date(2000, 1, 1), max_value=date(2100, 1, 1))


def planned(day0=DAY0):
    return {visit.code: visit for visit in plan(VISITS, day0)}


#  SCR                D0    W4       W8       W12 ...
#  [-28 .. -1]        0    28±3     56±3     84±7
@pytest.mark.parametrize(
    ("code", "target", "opens", "closes"),
    [
        ("SCR", -14, -28, -1),
        ("D0", 0, 0, 0),
        ("W4", 28, 25, 31),
        ("W8", 56, 53, 59),
        ("W12", 84, 77, 91),
        ("W24", 168, 154, 182),
        ("W36", 252, 238, 266),
        ("W48", 336, 322, 350),
        ("W72", 504, 483, 525),
        ("W96", 672, 651, 693),
    ],
)
def test_every_visit_has_its_window_around_its_week(code, target, opens, closes):
    visit = planned()[code]
    assert (visit.target_on - DAY0).days == target
    assert (visit.opens_on - DAY0).days == opens
    assert (visit.closes_on - DAY0).days == closes


def test_an_unscheduled_visit_is_not_planned():
    assert "UNS" not in planned()
    assert len(planned()) == len(VISITS) - 1


def test_a_plan_crosses_a_leap_day():
    assert planned(date(2024, 2, 1))["W4"].target_on == date(2024, 2, 29)


@given(days, st.permutations(VISITS))
def test_a_plan_is_in_order_and_its_windows_never_overlap(day0, definitions):
    visits = plan(definitions, day0)
    assert [visit.code for visit in visits] == list(planned())
    for visit in visits:
        assert visit.opens_on <= visit.target_on <= visit.closes_on
    for earlier, later in pairwise(visits):
        assert earlier.closes_on < later.opens_on


#        2026-03-23 ----- W12 ----- 2026-04-06
#  not_due |             due             | overdue
@pytest.mark.parametrize(
    ("today", "state", "held"),
    [
        (date(2026, 3, 22), "not_due", "early"),
        (date(2026, 3, 23), "due", "in_window"),
        (date(2026, 3, 30), "due", "in_window"),
        (date(2026, 4, 6), "due", "in_window"),
        (date(2026, 4, 7), "overdue", "late"),
    ],
)
def test_a_window_includes_both_its_ends(today, state, held):
    visit = planned()["W12"]
    assert window_state(visit.opens_on, visit.closes_on, today) == state
    assert placement(today, visit.opens_on, visit.closes_on) == held


@pytest.mark.parametrize(("offset", "day"), [(-28, -28), (-1, -1), (0, 1), (1, 2), (672, 673)])
def test_study_days_have_no_day_zero(offset, day):
    assert study_day(DAY0 + timedelta(days=offset), DAY0) == day


@given(days, days)
def test_a_study_day_is_never_zero_and_the_next_day_is_later(on, day0):
    assert study_day(on, day0) != 0
    assert study_day(on + timedelta(days=1), day0) > study_day(on, day0)
