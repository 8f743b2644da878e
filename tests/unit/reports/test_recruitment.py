"""The even recruitment plan, month by month."""

from datetime import date

import pytest

from reports.recruitment import RECRUITMENT_MONTHS, SitePlan, months, months_between, planned

OPENED = date(2024, 11, 20)


def test_months_run_over_the_turn_of_the_year():
    assert months(date(2024, 11, 20), date(2025, 2, 3)) == [
        date(2024, 11, 1), date(2024, 12, 1), date(2025, 1, 1), date(2025, 2, 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("first", "last", "count"),
    [
        (date(2025, 1, 31), date(2025, 1, 1), 0),
        (date(2024, 12, 31), date(2025, 1, 1), 1),
        (date(2025, 1, 1), date(2024, 12, 31), -1),
    ],
)
def test_months_between_go_by_the_calendar(first, last, count):
    assert months_between(first, last) == count


def test_plan_begins_with_the_opening_month_and_ends_at_the_whole_number():
    plan = SitePlan(OPENED, 28)
    assert plan.due(date(2024, 10, 1)) == 0
    assert plan.due(date(2024, 11, 1)) == 2
    assert plan.due(months(OPENED, date(2030, 1, 1))[RECRUITMENT_MONTHS - 1]) == 28
    assert plan.due(date(2030, 1, 1)) == 28


def test_sites_add_up_before_rounding():
    plans = [SitePlan(OPENED, 7), SitePlan(OPENED, 7)]
    assert planned(plans, [date(2024, 11, 1)]) == [1]
    assert planned([], [date(2024, 11, 1)]) == [0]
