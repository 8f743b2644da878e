"""The legal clocks of safety reports: due when, to whom, raised, overdue (clinical rules §10.2).

Hours run from the moment of awareness. Calendar days run from day 0, the day on which the last of
patient, reporter, product and event became known, in the time zone of the sender; a report of day 7
is in time until the end of that day there. Weekends and holidays count. All moments have an offset;
a naive one raises ValueError.

What is not decided yet (serious? a SUSAR? fatal?) does not stop a clock: the report is listed with
`required` None and the time it would be due, so that it can't be missed by leaving a box open.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from trial.protocol.safety import Clock, ClockParameters, Party, Report
from trial.protocol.truth import Truth, all_true, negate


class Criterion(StrEnum):
    """The minimum criteria that make a report valid."""

    PATIENT = "patient"
    REPORTER = "reporter"
    PRODUCT = "product"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class Information:
    """News about a case: when the investigator and when the sponsor learned of it."""

    investigator_at: datetime | None = None
    sponsor_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """An event or a pregnancy as far as it is known.

    `minimum` says when the sponsor knew each criterion; `fatal_known_at` when the sponsor learned
    that it is fatal or life-threatening, where that was later than day 0. `follow_ups` are later
    news in their order, each with a clock of its own. An event is no pregnancy unless it says so.
    """

    serious: Truth = None
    susar: Truth = None
    fatal_or_life_threatening: Truth = None
    pregnancy: Truth = False
    investigator_aware_at: datetime | None = None
    minimum: Mapping[Criterion, datetime] = field(default_factory=dict)
    fatal_known_at: datetime | None = None
    follow_ups: tuple[Information, ...] = ()


@dataclass(frozen=True, slots=True)
class Due:
    """A report that is due, or would be.

    `since` starts its clock; None while it can't run, `missing` says why. `due_at` is the last
    moment in time for hours; for days it is the first moment after `due_on`. `follow_up` counts
    from 1, 0 is the first report.
    """

    report: Report
    sender: Party
    recipient: Party
    required: Truth
    since: datetime | None
    due_at: datetime | None
    due_on: date | None
    escalate_at: tuple[datetime, ...]
    missing: tuple[str, ...]
    follow_up: int = 0

    def late(self, at: datetime) -> bool:
        """Whether a moment lies after the limit; never where the clock can't run."""
        if self.due_at is None:
            return False
        return at >= self.due_at if self.due_on is not None else at > self.due_at


class State(StrEnum):
    """Where a report is on its way."""

    WAITING = "waiting"  # its clock can't run yet
    RUNNING = "running"
    ESCALATED = "escalated"
    OVERDUE = "overdue"
    SUBMITTED = "submitted"
    ACKNOWLEDGED = "acknowledged"


@dataclass(frozen=True, slots=True)
class Sending:
    """When a report went out and when its receipt was confirmed."""

    sent_at: datetime
    acknowledged_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """The state now. `late`: sent after the limit, or not sent and past it. `left` is the time to
    the limit, negative past it; None once sent or where no clock runs. `level` counts the
    escalations reached."""

    state: State
    late: bool
    left: timedelta | None
    level: int


def day_zero(minimum: Mapping[Criterion, datetime], zone: tzinfo) -> date | None:
    """The day, in the zone, on which the last minimum criterion became known; None before."""
    complete = _complete_at(minimum)
    return None if complete is None else complete.astimezone(zone).date()


def missing_criteria(minimum: Mapping[Criterion, datetime]) -> tuple[Criterion, ...]:
    """The minimum criteria that are not known yet."""
    return tuple(one for one in Criterion if one not in minimum)


def due_reports(
    case: Case, parameters: ClockParameters, zones: Mapping[Party, tzinfo]
) -> tuple[Due, ...]:
    """Every report the case needs or may need, one per recipient; what is ruled out is left out.

    `zones` holds the time zone of each sender. Raises KeyError for a sender without one.
    """
    found: list[Due] = []
    sponsors = zones[parameters.clock(Report.SUSAR).sender]
    for report, required, starts in _wanted(case, sponsors):
        if required is not False:
            clock = parameters.clock(report)
            zone = zones[clock.sender]
            for follow_up, since, missing in starts:
                due = _Start(report, required, since, missing, follow_up)
                found += [_due(due, clock, zone, one) for one in clock.recipients]
    return tuple(found)


def status(due: Due, now: datetime, sending: Sending | None = None) -> Status:
    """Where a report stands. Raises ValueError for a receipt before the sending."""
    if sending is not None:
        return _sent(due, sending)
    now = _aware(now)
    if due.due_at is None:
        return Status(State.WAITING, late=False, left=None, level=0)
    level = sum(at <= now for at in due.escalate_at)
    late = due.late(now)
    state = State.OVERDUE if late else State.ESCALATED if level else State.RUNNING
    return Status(state, late, due.due_at.astimezone(UTC) - now.astimezone(UTC), level)


def dsur_due(data_lock_on: date, parameters: ClockParameters) -> date:
    """The last day in time for the aggregate report of a data lock."""
    return data_lock_on + timedelta(days=parameters.dsur_days)


def data_lock_after(first_on: date, day: date) -> date:
    """The first yearly data lock after a day; `first_on` is the anniversary's day, 29 February
    falls on 28 February in other years."""
    year = max(day.year, first_on.year)
    lock = _anniversary(first_on, year)
    return lock if lock > day else _anniversary(first_on, year + 1)


# --- which reports ------------------------------------------------------------------------------

_Starts = list[tuple[int, datetime | None, tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class _Start:
    report: Report
    required: Truth
    since: datetime | None
    missing: tuple[str, ...]
    follow_up: int


def _wanted(case: Case, zone: tzinfo) -> Iterator[tuple[Report, Truth, _Starts]]:
    """Each report, whether it is required, and what starts it; day 0 is that of the zone."""
    news = list(enumerate(case.follow_ups, 1))
    to_sponsor = _named([(0, case.investigator_aware_at)], "investigator_aware_at")
    investigators_news = _named(
        [(count, one.investigator_at) for count, one in news], "investigator_aware_at"
    )
    sponsors_news = _named([(count, one.sponsor_at) for count, one in news], "sponsor_aware_at")
    first, fatal = _from_minimum(case)
    is_fatal = all_true(case.susar, case.fatal_or_life_threatening)
    yield Report.SAE, case.serious, to_sponsor
    yield Report.SAE_FOLLOW_UP, case.serious, investigators_news
    yield Report.SUSAR_FATAL, is_fatal, fatal
    yield Report.SUSAR_FATAL_COMPLETE, is_fatal, fatal
    yield Report.SUSAR, _other_susar(case, zone), first
    yield Report.SUSAR_FOLLOW_UP, case.susar, sponsors_news
    yield Report.PREGNANCY, case.pregnancy, to_sponsor
    yield Report.PREGNANCY_FOLLOW_UP, case.pregnancy, investigators_news


def _other_susar(case: Case, zone: tzinfo) -> Truth:
    """The report of 15 days; one that turned fatal only on a day after day 0 keeps it."""
    zero, turned = day_zero(case.minimum, zone), case.fatal_known_at
    if zero is not None and turned is not None and _aware(turned).astimezone(zone).date() > zero:
        return case.susar
    return all_true(case.susar, negate(case.fatal_or_life_threatening))


def _from_minimum(case: Case) -> tuple[_Starts, _Starts]:
    """What starts the sponsor's reports: day 0, and for a later death the news of it."""
    complete = _complete_at(case.minimum)
    missing = tuple(one.value for one in missing_criteria(case.minimum))
    later = case.fatal_known_at
    turned = complete if later is None or complete is None else max(complete, _aware(later))
    return [(0, complete, missing)], [(0, turned, missing)]


def _named(starts: Iterable[tuple[int, datetime | None]], name: str) -> _Starts:
    return [
        (count, None if at is None else _aware(at), (name,) if at is None else ())
        for count, at in starts
    ]


def _complete_at(minimum: Mapping[Criterion, datetime]) -> datetime | None:
    if missing_criteria(minimum):
        return None
    return max(_aware(minimum[one]) for one in Criterion)


# --- when ---------------------------------------------------------------------------------------


def _due(start: _Start, clock: Clock, zone: tzinfo, recipient: Party) -> Due:
    since = start.since
    due_on = None
    if since is not None and clock.days is not None:
        due_on = since.astimezone(zone).date() + timedelta(days=clock.days)
    return Due(
        report=start.report,
        sender=clock.sender,
        recipient=recipient,
        required=start.required,
        since=since,
        due_at=None if since is None else _limit(clock, since, zone),
        due_on=due_on,
        escalate_at=() if since is None else _escalations(clock, since, zone),
        missing=start.missing,
        follow_up=start.follow_up,
    )


def _limit(clock: Clock, since: datetime, zone: tzinfo) -> datetime:
    """The last moment for hours; midnight after the last day for days."""
    if clock.hours is not None:
        return _hours_after(since, clock.hours)
    return _midnight(since, (clock.days or 0) + 1, zone)


def _escalations(clock: Clock, since: datetime, zone: tzinfo) -> tuple[datetime, ...]:
    if clock.hours is not None:
        return tuple(_hours_after(since, hours) for hours in clock.escalate)
    return tuple(_midnight(since, days, zone) for days in clock.escalate)


def _hours_after(since: datetime, hours: int) -> datetime:
    # In UTC: an hour of a clock that is put forward is an hour less on the wall.
    return since.astimezone(UTC) + timedelta(hours=hours)


def _midnight(since: datetime, days: int, zone: tzinfo) -> datetime:
    """The first moment of a day after day 0, in the zone."""
    return datetime.combine(since.astimezone(zone).date() + timedelta(days=days), time.min, zone)


def _sent(due: Due, sending: Sending) -> Status:
    sent = _aware(sending.sent_at)
    late = due.late(sent)
    if sending.acknowledged_at is None:
        return Status(State.SUBMITTED, late, left=None, level=0)
    if _aware(sending.acknowledged_at) < sent:
        raise ValueError("A report is acknowledged after it was sent.")
    return Status(State.ACKNOWLEDGED, late, left=None, level=0)


def _aware(at: datetime) -> datetime:
    if at.utcoffset() is None:
        raise ValueError("A moment of a clock has an offset.")
    return at


def _anniversary(first_on: date, year: int) -> date:
    try:
        return first_on.replace(year=year)
    except ValueError:
        return first_on.replace(year=year, day=28)
