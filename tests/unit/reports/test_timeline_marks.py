"""Rows of forms as bars on an axis of days, with what partial dates leave open."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from reports.timeline.marks import Ends, ends_of, items, packed, steps
from trial.protocol.crf import Facts, Person, Row
from trial.protocol.therapy import SteroidParameters

TODAY = date(2025, 6, 30)


def day(text: str) -> date:
    return date.fromisoformat(text)


def ends(a: str, b: str, c: str, d: str, *, still: bool = False) -> Ends:
    return Ends(day(a), day(b), day(c), day(d), open=still)


def facts(**rows) -> Facts:
    return Facts(
        Person(),
        TODAY,
        {form: tuple(Row(form, n, n, values) for n, values in enumerate(found, 1))
         for form, found in rows.items()},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("start", "end", "ongoing", "expected"),
    [
        ("2025-01-06", "2025-02-01", False,
         ends("2025-01-06", "2025-01-06", "2025-02-01", "2025-02-01")),
        ("2025-01", "2025-03", False, ends("2025-01-01", "2025-01-31", "2025-03-01", "2025-03-31")),
        # both within one month: the end is not before the latest start
        ("2025-01", "2025-01", False, ends("2025-01-01", "2025-01-31", "2025-01-31", "2025-01-31")),
        ("2025-01-10", "2025-01", False,
         ends("2025-01-10", "2025-01-10", "2025-01-10", "2025-01-31")),
        ("2024", "", True,
         ends("2024-01-01", "2024-12-31", "2025-06-30", "2025-06-30", still=True)),
        # no end is entered, though it is said to have ended
        ("2025-01-06", "", False,
         ends("2025-01-06", "2025-01-06", "2025-06-30", "2025-06-30", still=True)),
        # this year, going on: it began today at the latest
        ("2025", "", True,
         ends("2025-01-01", "2025-06-30", "2025-06-30", "2025-06-30", still=True)),
        # a start that lies ahead
        ("2025-07-02", "", True,
         ends("2025-07-02", "2025-07-02", "2025-07-02", "2025-07-02", still=True)),
        # a slip: it ends before it begins
        ("2025-02-01", "2025-01-06", False,
         ends("2025-02-01", "2025-02-01", "2025-02-01", "2025-02-01")),
        ("", "2025-01-06", False, None),
        ("2025-13", "2025-01-06", False, None),
    ],
)  # fmt: skip
def test_the_ends_of_partial_dates(start, end, ongoing, expected):
    assert ends_of(start, end, TODAY, ongoing=ongoing) == expected


@pytest.mark.parametrize(
    ("bar", "expected"),
    [
        (ends("2020-01-01", "2020-12-31", "2025-02-01", "2025-02-01"),
         ends("2025-01-01", "2025-01-01", "2025-02-01", "2025-02-01")),
        (ends("2020-01-01", "2020-12-31", "2024-02-01", "2024-12-31"), None),
        (ends("2026-01-01", "2026-01-01", "2026-02-01", "2026-02-01"), None),
    ],
)  # fmt: skip
def test_what_of_a_bar_lies_in_the_period(bar, expected):
    assert bar.within(day("2025-01-01"), day("2025-12-31")) == expected


def test_adverse_events_carry_grade_and_seriousness():
    event = {"starts_on": "2025-01-06", "ends_on": "2025-01-09", "grade": "3", "serious": True}
    (found,) = items(facts(adverse_event=[event]))
    assert (found.grade, found.serious, found.when) == ("3", True, ("2025-01-06", "2025-01-09"))


def test_rows_without_a_day_are_left_out():
    assert list(items(facts(adverse_event=[{"starts_on": ""}], deviation=[{}]))) == []


def test_points_of_a_partial_day_are_as_wide_as_what_is_unknown():
    (found,) = items(facts(death=[{"died_on": "2025-05"}]))
    assert found.ends == ends("2025-05-01", "2025-05-01", "2025-05-31", "2025-05-31")


def test_a_moment_counts_by_its_day():
    (found,) = items(facts(biopsy=[{"taken_at": datetime(2025, 3, 1, 9, tzinfo=UTC)}]))
    assert found.ends.start_from == day("2025-03-01")


def therapy(drug: str, mg: str, started: str, stopped: str = "") -> dict[str, object]:
    return {"drug": drug, "daily_mg": Decimal(mg), "started": started, "stopped": stopped,
            "ongoing": not stopped}  # fmt: skip


def doses(*rows):
    found = steps(facts(aih_therapy=rows), SteroidParameters(), day("2025-01-01"), TODAY)
    return [(str(one.first), str(one.last), one.low, one.high) for one in found]


def test_doses_follow_each_other_as_prednisolone():
    found = doses(
        therapy("prednisolone", "30", "2025-01-06", "2025-02-03"),
        therapy("prednisolone", "20", "2025-02-03", "2025-03-03"),
        therapy("methylprednisolone", "8", "2025-03-04"),
    )
    assert found == [
        ("2025-01-01", "2025-01-05", 0, 0),
        ("2025-01-06", "2025-02-02", 30, 30),
        ("2025-02-03", "2025-03-03", 20, 20),
        ("2025-03-04", "2025-06-30", 10, 10),
    ]


def test_a_partial_start_leaves_the_dose_open():
    assert doses(therapy("prednisone", "10", "2025-02"))[1:] == [
        ("2025-02-01", "2025-02-27", 0, 10),
        ("2025-02-28", "2025-06-30", 10, 10),
    ]


def test_azathioprine_alone_is_no_dose_of_steroids():
    assert doses(therapy("azathioprine", "50", "2025-01-06")) == []


def test_a_line_that_can_not_be_is_left_out():
    assert doses(therapy("prednisone", "10", "2025-02-01", "2025-01-01")) == []


def test_bars_that_overlap_lie_on_lines_of_their_own():
    bars = [
        ends("2025-01-01", "2025-01-01", "2025-01-31", "2025-01-31"),
        ends("2025-01-10", "2025-01-10", "2025-02-10", "2025-02-10"),
        ends("2025-02-02", "2025-02-02", "2025-02-20", "2025-02-20"),
    ]
    assert packed(bars) == [0, 1, 0]
    assert packed(bars, apart=5) == [0, 1, 2]
    assert packed([]) == []
