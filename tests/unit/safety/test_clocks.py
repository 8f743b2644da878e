"""The clocks of clinical rules §10.2: day 0, both sides of each limit, zones, follow-ups."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety.clocks import (
    Case,
    Criterion,
    Information,
    Sending,
    State,
    data_lock_after,
    day_zero,
    dsur_due,
    due_reports,
    missing_criteria,
    status,
)
from trial.protocol.safety import Clock, ClockParameters, Party, Report

PARAMETERS = ClockParameters()
SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")
ZONES = {Party.INVESTIGATOR: SHANGHAI, Party.SPONSOR: SHANGHAI}
AWARE = datetime(2026, 3, 2, 9, 30, tzinfo=SHANGHAI)
OUTSIDE = {Party.AUTHORITY, Party.ETHICS_COMMITTEE}


def minimum(at=AWARE):
    return dict.fromkeys(Criterion, at)


def dues(case, zones=ZONES):
    return due_reports(case, PARAMETERS, zones)


def one(case, report, zones=ZONES):
    """The first of a report, of whichever recipient."""
    return next(due for due in dues(case, zones) if due.report is report)


def reports(case):
    return {(due.report, due.required) for due in dues(case)}


SAE = Case(serious=True, susar=False, investigator_aware_at=AWARE, minimum=minimum())
SUSAR = replace(SAE, susar=True, fatal_or_life_threatening=False)
FATAL = replace(SAE, susar=True, fatal_or_life_threatening=True)


# --- which reports, to whom ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (Case(serious=False, susar=False), set()),
        (SAE, {(Report.SAE, True)}),
        (SUSAR, {(Report.SAE, True), (Report.SUSAR, True)}),
        (
            FATAL,
            {
                (Report.SAE, True),
                (Report.SUSAR_FATAL, True),
                (Report.SUSAR_FATAL_COMPLETE, True),
            },
        ),
        # Nothing is decided: everything may be due, and is listed as such.
        (
            Case(),
            {
                (Report.SAE, None),
                (Report.SUSAR_FATAL, None),
                (Report.SUSAR_FATAL_COMPLETE, None),
                (Report.SUSAR, None),
            },
        ),
        (
            replace(SUSAR, fatal_or_life_threatening=None),
            {
                (Report.SAE, True),
                (Report.SUSAR_FATAL, None),
                (Report.SUSAR_FATAL_COMPLETE, None),
                (Report.SUSAR, None),
            },
        ),
        (Case(serious=False, susar=False, pregnancy=True), {(Report.PREGNANCY, True)}),
    ],
)
def test_which_reports_are_due(case, expected):
    assert reports(case) == expected


def test_to_whom():
    to = {(due.report, due.sender, due.recipient) for due in dues(FATAL)}
    assert to == {
        (Report.SAE, Party.INVESTIGATOR, Party.SPONSOR),
        *((Report.SUSAR_FATAL, Party.SPONSOR, outside) for outside in OUTSIDE),
        *((Report.SUSAR_FATAL_COMPLETE, Party.SPONSOR, outside) for outside in OUTSIDE),
    }


# --- 24 hours -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("case", "report"), [
    (SAE, Report.SAE),
    (Case(serious=False, susar=False, pregnancy=True, investigator_aware_at=AWARE),
     Report.PREGNANCY),
])  # fmt: skip
@pytest.mark.parametrize(
    ("after", "state", "level"),
    [
        (timedelta(hours=12, seconds=-1), State.RUNNING, 0),
        (timedelta(hours=12), State.ESCALATED, 1),
        (timedelta(hours=20, seconds=-1), State.ESCALATED, 1),
        (timedelta(hours=20), State.ESCALATED, 2),
        (timedelta(hours=24), State.ESCALATED, 2),
        (timedelta(hours=24, seconds=1), State.OVERDUE, 2),
    ],
)
def test_twenty_four_hours(case, report, after, state, level):
    due = one(case, report)
    found = status(due, AWARE + after)
    assert (found.state, found.level) == (state, level)
    assert found.left == timedelta(hours=24) - after
    assert found.late is (state is State.OVERDUE)


def test_hours_are_hours_where_the_clock_is_put_forward():
    """New York, 8 March 2026: 02:00 becomes 03:00."""
    aware = datetime(2026, 3, 7, 12, tzinfo=NEW_YORK)
    due = one(replace(SAE, investigator_aware_at=aware), Report.SAE)
    assert due.due_at.astimezone(NEW_YORK) == datetime(2026, 3, 8, 13, tzinfo=NEW_YORK)
    assert due.due_at - aware.astimezone(UTC) == timedelta(hours=24)


# --- calendar days ------------------------------------------------------------------------------

LIMITS = [
    (FATAL, Report.SUSAR_FATAL, 7, 5),
    (FATAL, Report.SUSAR_FATAL_COMPLETE, 15, 12),
    (SUSAR, Report.SUSAR, 15, 12),
]


@pytest.mark.parametrize(("case", "report", "days", "escalate"), LIMITS)
def test_calendar_days(case, report, days, escalate):
    """Day 0 is 2 March in Shanghai; the last day counts to its end, weekends count too."""
    due = one(case, report)
    assert due.due_on == date(2026, 3, 2) + timedelta(days=days)
    end = datetime(2026, 3, 3, tzinfo=SHANGHAI) + timedelta(days=days)
    raised = datetime(2026, 3, 2, tzinfo=SHANGHAI) + timedelta(days=escalate)
    second = timedelta(seconds=1)
    assert status(due, raised - second).state is State.RUNNING
    assert status(due, raised).state is State.ESCALATED
    assert status(due, end - second).state is State.ESCALATED
    assert status(due, end - second).left == second
    assert status(due, end).state is State.OVERDUE


def test_a_worked_calendar():
    assert one(FATAL, Report.SUSAR_FATAL).due_on == date(2026, 3, 9)
    assert one(FATAL, Report.SUSAR_FATAL_COMPLETE).due_on == date(2026, 3, 17)
    assert one(SUSAR, Report.SUSAR).due_on == date(2026, 3, 17)


def test_the_hour_of_day_zero_makes_no_difference():
    for hour in (0, 23):
        at = datetime(2026, 3, 2, hour, 59, tzinfo=SHANGHAI)
        assert one(replace(SUSAR, minimum=minimum(at)), Report.SUSAR).due_on == date(2026, 3, 17)


def test_day_zero_is_that_of_the_senders_zone():
    """23:30 in New York is 12:30 of the next day in Shanghai."""
    at = datetime(2026, 3, 2, 23, 30, tzinfo=NEW_YORK)
    assert day_zero(minimum(at), NEW_YORK) == date(2026, 3, 2)
    assert day_zero(minimum(at), SHANGHAI) == date(2026, 3, 3)
    case = replace(FATAL, minimum=minimum(at))
    abroad = {Party.INVESTIGATOR: SHANGHAI, Party.SPONSOR: NEW_YORK}
    assert one(case, Report.SUSAR_FATAL).due_on == date(2026, 3, 10)
    assert one(case, Report.SUSAR_FATAL, abroad).due_on == date(2026, 3, 9)


def test_days_are_calendar_days_where_the_clock_is_put_forward():
    """New York, 8 March 2026: seven days are an hour short of 168."""
    at = datetime(2026, 3, 2, 0, tzinfo=NEW_YORK)
    zones = {Party.INVESTIGATOR: NEW_YORK, Party.SPONSOR: NEW_YORK}
    due = one(replace(FATAL, minimum=minimum(at)), Report.SUSAR_FATAL, zones)
    assert due.due_at == datetime(2026, 3, 10, tzinfo=NEW_YORK)
    assert due.due_at.astimezone(UTC) - at.astimezone(UTC) == timedelta(days=8, hours=-1)


@given(
    st.integers(min_value=0, max_value=15 * 366 * 24 * 60),
    st.integers(min_value=-720, max_value=840),
    st.integers(min_value=0, max_value=40 * 24 * 60),
)
def test_in_time_means_a_day_of_the_calendar(start, offset, minutes):
    zone = timezone(timedelta(minutes=offset))
    at = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=start)
    due = one(replace(FATAL, minimum=minimum(at)), Report.SUSAR_FATAL, dict.fromkeys(Party, zone))
    sent = at + timedelta(minutes=minutes)
    days = (sent.astimezone(zone).date() - at.astimezone(zone).date()).days
    assert due.late(sent) is (days > 7)
    assert status(due, sent).late is (days > 7)


# --- the minimum criteria -----------------------------------------------------------------------


@pytest.mark.parametrize("last", list(Criterion))
def test_day_zero_is_the_day_of_the_last_criterion(last):
    known = minimum() | {last: AWARE + timedelta(days=3)}
    assert day_zero(known, SHANGHAI) == date(2026, 3, 5)
    assert one(replace(SUSAR, minimum=known), Report.SUSAR).due_on == date(2026, 3, 20)


@pytest.mark.parametrize("lacking", list(Criterion))
def test_without_a_criterion_no_day_runs(lacking):
    known = {name: at for name, at in minimum().items() if name is not lacking}
    assert missing_criteria(known) == (lacking,)
    assert day_zero(known, SHANGHAI) is None
    due = one(replace(SUSAR, minimum=known), Report.SUSAR)
    assert (due.due_at, due.due_on, due.missing) == (None, None, (lacking.value,))
    found = status(due, AWARE + timedelta(days=100))
    assert (found.state, found.late, found.left) == (State.WAITING, False, None)


def test_the_investigators_hours_do_not_wait_for_the_criteria():
    assert one(replace(SAE, minimum={}), Report.SAE).due_at == AWARE + timedelta(hours=24)
    assert one(replace(SAE, investigator_aware_at=None), Report.SAE).missing == (
        "investigator_aware_at",
    )


# --- news ---------------------------------------------------------------------------------------


def test_a_follow_up_has_clocks_of_its_own():
    news = [
        Information(AWARE + timedelta(days=4), AWARE + timedelta(days=5)),
        Information(AWARE + timedelta(days=9), None),
    ]
    case = replace(SUSAR, follow_ups=tuple(news))
    to_sponsor = [due for due in dues(case) if due.report is Report.SAE_FOLLOW_UP]
    assert [(due.follow_up, due.due_at) for due in to_sponsor] == [
        (1, AWARE + timedelta(days=5)),
        (2, AWARE + timedelta(days=10)),
    ]
    outside = [due for due in dues(case) if due.report is Report.SUSAR_FOLLOW_UP]
    assert {(due.follow_up, due.due_on, due.missing) for due in outside} == {
        (1, date(2026, 3, 22), ()),
        (2, None, ("sponsor_aware_at",)),
    }
    assert {due.recipient for due in outside} == OUTSIDE
    # the first report keeps its own limit
    assert one(case, Report.SUSAR).due_on == date(2026, 3, 17)


def test_a_pregnancy_is_followed_to_its_outcome():
    news = (Information(AWARE + timedelta(days=200)),)
    case = Case(
        serious=False, susar=False, pregnancy=True, investigator_aware_at=AWARE, follow_ups=news
    )
    assert one(case, Report.PREGNANCY_FOLLOW_UP).due_at == AWARE + timedelta(days=201)


def test_an_event_that_turns_fatal_later_starts_seven_days_and_keeps_the_fifteen():
    case = replace(FATAL, fatal_known_at=AWARE + timedelta(days=6))
    assert one(case, Report.SUSAR_FATAL).due_on == date(2026, 3, 15)
    assert one(case, Report.SUSAR_FATAL_COMPLETE).due_on == date(2026, 3, 23)
    assert one(case, Report.SUSAR).due_on == date(2026, 3, 17)


@pytest.mark.parametrize("before", [timedelta(0), timedelta(days=1)])
def test_a_death_known_by_day_zero_starts_no_other_clock(before):
    case = replace(FATAL, fatal_known_at=AWARE - before)
    assert one(case, Report.SUSAR_FATAL).due_on == date(2026, 3, 9)
    assert Report.SUSAR not in {due.report for due in dues(case)}


# --- sent ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "late"), [(timedelta(hours=24), False), (timedelta(hours=24, seconds=1), True)]
)
def test_what_was_sent_stays_late_or_in_time(sent, late):
    due = one(SAE, Report.SAE)
    much_later = AWARE + timedelta(days=90)
    found = status(due, much_later, Sending(AWARE + sent))
    assert (found.state, found.late, found.left) == (State.SUBMITTED, late, None)
    receipt = Sending(AWARE + sent, AWARE + sent)
    assert status(due, much_later, receipt).state is State.ACKNOWLEDGED
    assert status(due, much_later, receipt).late is late


def test_a_receipt_before_the_sending_is_refused():
    with pytest.raises(ValueError, match="after it was sent"):
        status(one(SAE, Report.SAE), AWARE, Sending(AWARE, AWARE - timedelta(seconds=1)))


def test_a_moment_without_an_offset_is_refused():
    naive = AWARE.replace(tzinfo=None)
    for case in (
        replace(SAE, investigator_aware_at=naive),
        replace(SAE, minimum=minimum(naive)),
        replace(FATAL, fatal_known_at=naive),
        replace(SAE, follow_ups=(Information(naive),)),
    ):
        with pytest.raises(ValueError, match="offset"):
            dues(case)
    with pytest.raises(ValueError, match="offset"):
        status(one(SAE, Report.SAE), naive)
    with pytest.raises(ValueError, match="offset"):
        status(one(SAE, Report.SAE), AWARE, Sending(naive))


def test_a_clock_counts_hours_or_days():
    for hours, days in ((None, None), (24, 1)):
        with pytest.raises(ValueError, match="hours or days"):
            Clock(Report.SAE, Party.INVESTIGATOR, (Party.SPONSOR,), hours=hours, days=days)


def test_every_report_has_a_clock():
    assert {PARAMETERS.clock(report).report for report in Report} == set(Report)
    with pytest.raises(KeyError):
        ClockParameters(clocks=()).clock(Report.SAE)


@pytest.mark.parametrize(
    ("hours", "kept"),
    [(0, False), (14, False), (15, True), (100, True)],  # day 0 ends 14.5 hours later
)
def test_what_proves_fatal_on_day_zero_is_reported_within_seven_days_alone(hours, kept):
    """The report of 15 days is kept by a case that turned fatal on a later day."""
    case = replace(FATAL, fatal_known_at=AWARE + timedelta(hours=hours))
    found = {due.report for due in dues(case)}
    assert Report.SUSAR_FATAL in found
    assert (Report.SUSAR in found) is kept


def test_the_day_on_which_it_proves_fatal_is_that_of_the_senders_zone():
    """09:30 and 20:00 in Shanghai are 20:30 and 07:00 of two days in New York."""
    case = replace(FATAL, fatal_known_at=datetime(2026, 3, 2, 20, tzinfo=SHANGHAI))
    abroad = {Party.INVESTIGATOR: SHANGHAI, Party.SPONSOR: NEW_YORK}
    assert Report.SUSAR not in {due.report for due in dues(case)}
    assert Report.SUSAR in {due.report for due in dues(case, abroad)}


# --- the yearly report --------------------------------------------------------------------------


def test_the_yearly_report():
    assert dsur_due(date(2026, 12, 31), PARAMETERS) == date(2027, 3, 1)
    assert dsur_due(date(2027, 12, 31), PARAMETERS) == date(2028, 2, 29)


@pytest.mark.parametrize(
    ("first", "day", "expected"),
    [
        ("2025-10-01", "2026-09-30", "2026-10-01"),
        ("2025-10-01", "2026-10-01", "2027-10-01"),
        ("2025-10-01", "2025-03-01", "2025-10-01"),
        ("2025-10-01", "2020-03-01", "2025-10-01"),
        ("2024-02-29", "2025-02-27", "2025-02-28"),
        ("2024-02-29", "2028-01-01", "2028-02-29"),
    ],
)
def test_data_locks_come_every_year(first, day, expected):
    found = data_lock_after(date.fromisoformat(first), date.fromisoformat(day))
    assert found == date.fromisoformat(expected)
