"""The plan of vital signs: which points there are, and that each has a code that is known."""

from datetime import UTC, datetime, timedelta

import pytest

from visits.vitals_plan import known, points

START = datetime(2026, 3, 5, 8, tzinfo=UTC)


def codes(ended: int | None, now: int) -> list[str]:
    """The codes of the plan `now` minutes after the start."""
    end = None if ended is None else START + timedelta(minutes=ended)
    return [one.code for one in points(START, end, START + timedelta(minutes=now))]


def test_while_it_runs_the_next_point_is_there():
    assert codes(None, 0) == ["B", "D15"]
    assert codes(None, 29) == ["B", "D15", "D30"]


def test_after_its_end_the_points_of_the_day_are_there():
    assert codes(45, 50) == ["B", "D15", "D30", "E", "P30", "P60", "P120", "P240", "P1440"]


@pytest.mark.parametrize("now", [1424, 1425, 1426, 1440, 3000])
def test_an_end_that_nobody_recorded_adds_no_point_that_is_unknown(now):
    found = codes(None, now)
    assert [code for code in found if not known(code)] == []
    assert found[-1] == "D1425"
