"""What is known of a case, as its clocks read it: forms, news, reports that went out.

Pure: rows of forms go in as the checks of the forms see them (trial/protocol/crf.py), clocks come
out (safety/clocks.py). The arm is known to nothing here.

When the sponsor knew the minimum criteria: at the earliest line of its assessment that says so, or
at the site's report through this system where that was earlier. Such a report always names the
participant, who reports, the product and the event, so its arrival starts the sponsor's clocks
even if nobody fills in the assessment.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum

from safety import clocks, seriousness
from safety.clocks import Due, State, Status
from trial.protocol.crf import Facts, Row, blank
from trial.protocol.safety import Cause, Party, Relatedness, Report, SafetyParameters
from trial.protocol.truth import Truth


class Kind(StrEnum):
    """What a case is about."""

    EVENT = "event"
    PREGNANCY = "pregnancy"


FORMS = {Kind.EVENT: "adverse_event", Kind.PREGNANCY: "pregnancy_report"}
FIRST = {Kind.EVENT: Report.SAE, Kind.PREGNANCY: Report.PREGNANCY}
LATER = {Kind.EVENT: Report.SAE_FOLLOW_UP, Kind.PREGNANCY: Report.PREGNANCY_FOLLOW_UP}
# What the site sends to the sponsor; whatever is sent covers the news it was sent with.
OF_SITE = (*FIRST.values(), *LATER.values())


class Stage(StrEnum):
    """How far a case is, apart from the time."""

    DUE = "due"  # a report is to be sent
    SENT = "sent"  # a receipt is to be confirmed
    DONE = "done"
    WITHDRAWN = "withdrawn"  # not serious any more, or entered by mistake


@dataclass(frozen=True, slots=True)
class Sent:
    """A report that went out. `follow_up`: up to which news it covers."""

    report: Report
    recipient: Party
    follow_up: int
    sent_at: datetime
    acknowledged_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What is stored of a case beside the forms.

    `since`: when it was recorded as serious; the site was aware then at the latest. `news`: when
    the site learned each follow-up.
    """

    kind: Kind
    number: int
    since: datetime
    news: tuple[datetime, ...] = ()
    sent: tuple[Sent, ...] = ()


@dataclass(frozen=True, slots=True)
class Clock:
    """A report with where it stands now."""

    due: Due
    status: Status
    sending: Sent | None

    @property
    def open(self) -> bool:
        """Whether it is still to be sent."""
        return self.sending is None

    @property
    def runs(self) -> bool:
        """Whether its limit is set and it is not sent."""
        return self.open and self.due.due_at is not None


@dataclass(frozen=True, slots=True)
class Standing:
    """A case as a whole: every report, the decision, and what lists and the sweeper find it by."""

    clocks: tuple[Clock, ...]
    decision: seriousness.Susar | None
    stage: Stage
    due_at: datetime | None
    step_at: datetime | None


def event_of(known: Known, facts: Facts) -> Row | None:
    """The line the case is about; None once it was struck."""
    return facts.line(FORMS[known.kind], known.number)


def standing(
    known: Known, facts: Facts, parameters: SafetyParameters, sponsor_zone: tzinfo, now: datetime
) -> Standing:
    """Where a case stands. Raises ValueError for moments without an offset."""
    row = event_of(known, facts)
    decision = decision_on(known, facts, parameters)
    found = tuple(_clocks(known, facts, parameters, sponsor_zone, now, decision))
    limits = [one.due.due_at for one in found if one.runs and one.due.due_at is not None]
    steps = [at for one in found if one.runs for at in steps_of(one.due) if at > now]
    return Standing(
        clocks=found,
        decision=decision,
        stage=_stage(known, row, found),
        due_at=min(limits, default=None),
        step_at=min(steps, default=None),
    )


def steps_of(due: Due) -> tuple[datetime, ...]:
    """When a report is raised: each escalation, and the limit itself."""
    return (*due.escalate_at, *(() if due.due_at is None else (due.due_at,)))


def reached(clock: Clock, now: datetime) -> int:
    """How many of the steps of a report lie behind; 0 once it was sent."""
    return sum(at <= now for at in steps_of(clock.due)) if clock.runs else 0


# --- the decision -------------------------------------------------------------------------------


def decision_on(
    known: Known, facts: Facts, parameters: SafetyParameters
) -> seriousness.Susar | None:
    """Whether an event is a SUSAR, with the parts of the decision; None for a pregnancy."""
    if known.kind is not Kind.EVENT:
        return None
    row = event_of(known, facts)
    assessments = assessments_of(known, facts)
    expectedness = latest(assessments, "expectedness")
    return seriousness.susar(
        is_serious(known, row),
        _causality([row] if row else [], "cause"),
        _causality(assessments, "sponsor"),
        None if expectedness is None else expectedness == "expected",
        parameters.causality,
    )


def is_serious(known: Known, row: Row | None) -> Truth:
    """Whether the case stands: a line that was struck does not, a pregnancy does."""
    if row is None:
        return False
    return True if known.kind is Kind.PREGNANCY else row["serious"]


def assessments_of(known: Known, facts: Facts) -> list[Row]:
    """The sponsor's assessments of the event in their order."""
    if known.kind is not Kind.EVENT:
        return []
    lines = facts.all("sponsor_assessment")
    return [one for one in lines if one["adverse_event"] == known.number]


def latest(rows: Sequence[Row], name: str) -> object:
    """The answer of the newest line that has one; None for none."""
    return next((row[name] for row in reversed(rows) if not blank(row[name])), None)


def _causality(rows: Sequence[Row], stem: str) -> Mapping[Cause, Relatedness]:
    answers = {cause: latest(rows, f"{stem}_{cause}") for cause in Cause}
    return {cause: Relatedness(str(answer)) for cause, answer in answers.items() if answer}


def fatal_or_life_threatening(row: Row | None) -> Truth:
    """By criterion, outcome or grade; unknown while no criterion at all is ticked."""
    if row is None:
        return None
    if row["death"] or row["life_threatening"] or row["outcome"] == "fatal" or row["grade"] == "5":
        return True
    return False if any(row[one.value] for one in seriousness.Criterion) else None


# --- the clocks ---------------------------------------------------------------------------------


def _clocks(
    known: Known, facts: Facts, parameters: SafetyParameters, sponsor_zone: tzinfo, now: datetime,
    decision: seriousness.Susar | None,
) -> Iterator[Clock]:  # fmt: skip
    """Every report the case needs, or may need; and those that went out, whatever is decided."""
    zones = dict.fromkeys(Party, sponsor_zone)
    case = clock_case(known, facts, decision)
    dues = clocks.due_reports(case, parameters.clocks, zones)
    for due in dues:
        if due.report is Report.SUSAR_FOLLOW_UP and not _follows(known, due):
            continue
        sending = sending_of(known, due)
        yield Clock(due, clocks.status(due, now, _as_sending(sending)), sending)


def _follows(known: Known, due: Due) -> bool:
    """Whether news came to the sponsor after its own report: before, they are in it; and while the
    site has not told them, that is a clock of the site's."""
    firsts = (Report.SUSAR, Report.SUSAR_FATAL)
    own = (one for one in known.sent if one.report in firsts and one.recipient == due.recipient)
    first = min(own, key=lambda one: one.sent_at, default=None)
    return first is not None and due.since is not None and due.since > first.sent_at


def clock_case(known: Known, facts: Facts, decision: seriousness.Susar | None) -> clocks.Case:
    """The case as safety/clocks.py takes it."""
    row = event_of(known, facts)
    pregnant = known.kind is Kind.PREGNANCY
    first = first_report(known)
    follow_ups = tuple(
        clocks.Information(at, _when_told(known, count)) for count, at in enumerate(known.news, 1)
    )
    assessments = assessments_of(known, facts)
    return clocks.Case(
        serious=False if pregnant else is_serious(known, row),
        susar=decision.susar if decision else False,
        fatal_or_life_threatening=False if pregnant else fatal_or_life_threatening(row),
        pregnancy=pregnant and row is not None,
        investigator_aware_at=_aware(known, row),
        minimum=_minimum(assessments, first.sent_at if first else None),
        fatal_known_at=_earliest(assessments, "fatal_known_at"),
        follow_ups=follow_ups,
    )


def first_report(known: Known) -> Sent | None:
    """The site's first report to the sponsor."""
    own = (one for one in known.sent if one.report is FIRST[known.kind])
    return min(own, key=lambda one: one.sent_at, default=None)


def covered(known: Known) -> int:
    """How many of the news the site has told the sponsor."""
    return max((one.follow_up for one in known.sent if one.report in OF_SITE), default=0)


def sending_of(known: Known, due: Due) -> Sent | None:
    """The report that answers a due one: the earliest to that recipient that covers the news; the
    site's first report covers what was known when it went out."""
    answers = OF_SITE if due.report in LATER.values() else (due.report,)
    fitting = (
        one
        for one in known.sent
        if one.report in answers
        and one.recipient == due.recipient
        and one.follow_up >= due.follow_up
    )
    return min(fitting, key=lambda one: one.sent_at, default=None)


def _as_sending(sent: Sent | None) -> clocks.Sending | None:
    return None if sent is None else clocks.Sending(sent.sent_at, sent.acknowledged_at)


def _aware(known: Known, row: Row | None) -> datetime:
    """When the site became aware, at the latest when it recorded that the event is serious."""
    answered = row["aware_at"] if row is not None else None
    return known.since if answered is None else min(answered, known.since)


def _when_told(known: Known, count: int) -> datetime | None:
    """When the sponsor had the news of a follow-up; never, as such, where they came with the first
    report."""
    first = first_report(known)
    if first is not None and first.follow_up >= count:
        return None
    wanted = LATER.values()
    told = [one.sent_at for one in known.sent if one.report in wanted and one.follow_up >= count]
    return min(told, default=None)


def _minimum(
    assessments: Sequence[Row], reported_at: datetime | None
) -> dict[clocks.Criterion, datetime]:
    known = [row["received_at"] for row in assessments if row["minimum_known"]]
    moments = [at for at in (*known, reported_at) if at is not None]
    return dict.fromkeys(clocks.Criterion, min(moments)) if moments else {}


def _earliest(rows: Sequence[Row], name: str) -> datetime | None:
    return min((row[name] for row in rows if row[name] is not None), default=None)


def _stage(known: Known, row: Row | None, found: Sequence[Clock]) -> Stage:
    if is_serious(known, row) is False:  # an answer that was taken back is open, not a no
        return Stage.WITHDRAWN
    if any(one.runs for one in found):
        return Stage.DUE
    if any(one.status.state is State.SUBMITTED for one in found):
        return Stage.SENT
    return Stage.DONE
