"""A case as its pages draw it: a line of the list, clocks with marks, answers, contradictions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from safety.cases import FORMS, Clock, Kind, assessments_of, steps_of
from safety.clocks import State
from safety.models import PARTY_NAMES, REPORT_NAMES
from safety.selectors.cases import Held, sponsor_zone
from safety.wording import (
    ICONS,
    MISSING,
    STATES,
    TONES,
    Text,
    icon_of,
    span_text,
    stage_name,
    tone_of,
    yes_no_open,
)
from trial.crf.checking import found_in
from trial.crf.values import text_of
from trial.protocol.casebook.forms import BY_CODE
from trial.protocol.crf import Form, Row, asked, blank
from trial.protocol.edit_checks import Finding
from trial.protocol.safety import Party
from trial.web.formats import localized


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment on the line of a clock, in hundredths of its length."""

    at: str
    css: str


@dataclass(frozen=True, slots=True)
class ClockLine:
    """One report with its limit and where it stands. `zone`: of whoever sends it."""

    name: str
    recipient: Text
    state: Text
    tone: str
    icon: str
    decided: bool
    missing: tuple[Text, ...]
    since: datetime | None
    due_at: datetime | None
    left: str
    late: bool
    sent_at: datetime | None
    zone: str
    marks: tuple[Mark, ...]
    filled: str


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case in the list."""

    held: Held
    title: str
    state: Text
    tone: str
    icon: str
    left: str
    report: str
    due_at: datetime | None
    susar: Text


@dataclass(frozen=True, slots=True)
class Sheet:
    """The answers of one row of a form."""

    form: Form
    number: int
    answers: list[tuple[str, str]]


def case_line(held: Held) -> CaseLine:
    """A case as its list shows it: its state, and the report whose limit is next."""
    at, now = held.standing, held.now
    next_one = min(
        (one for one in at.clocks if one.runs and one.due.due_at is not None),
        key=lambda one: (one.due.due_at, one.due.required is not True),
        default=None,
    )
    return CaseLine(
        held=held,
        title=title_of(held),
        state=stage_name(at.stage, at.due_at, now),
        tone=tone_of(at.stage, at.due_at, now),
        icon=icon_of(at.stage, at.due_at, now),
        left=left_text(at.due_at - now) if at.due_at else "",
        report=clock_line(next_one, held).name if next_one else "",
        due_at=at.due_at,
        susar=yes_no_open(at.decision.susar) if at.decision else "",
    )


def title_of(held: Held) -> str:
    """What happened: the event as reported, or the pregnancy."""
    row = held.row
    if held.known.kind is Kind.PREGNANCY:
        return str(_("Pregnancy"))
    return str(row["term"] or "") if row is not None else str(_("struck line"))


def left_text(left: timedelta) -> str:
    """How long there is to a limit, or since when it is past."""
    if left < timedelta():
        return _("overdue by %(span)s") % {"span": span_text(left)}
    return _("due in %(span)s") % {"span": span_text(left)}


def clock_line(clock: Clock, held: Held) -> ClockLine:
    """A report as the case's page shows it."""
    due, status = clock.due, clock.status
    count = f" {due.follow_up}" if due.follow_up else ""
    return ClockLine(
        name=f"{REPORT_NAMES[due.report]}{count}",
        recipient=PARTY_NAMES[due.recipient],
        state=STATES[status.state],
        tone=TONES[status.state],
        icon=ICONS[status.state],
        decided=due.required is True,
        missing=tuple(dict.fromkeys(MISSING[one] for one in due.missing)),
        since=due.since,
        due_at=due.due_at,
        left=left_text(status.left) if status.left is not None else "",
        late=status.late and status.state is not State.OVERDUE,
        sent_at=clock.sending.sent_at if clock.sending else None,
        zone=zone_of(due.sender, held),
        marks=tuple(_marks(clock, held.now)),
        filled=_place(clock, _reached(clock, held.now)),
    )


def zone_of(sender: Party, held: Held) -> str:
    """Hours are the site's, calendar days the sponsor's."""
    if sender is Party.INVESTIGATOR:
        return str(held.case.participant.site.timezone)
    return sponsor_zone().key


def _reached(clock: Clock, now: datetime) -> datetime:
    return clock.sending.sent_at if clock.sending else now


def _marks(clock: Clock, now: datetime) -> Iterator[Mark]:
    due = clock.due
    for at in steps_of(due)[:-1] if due.due_at else ():
        yield Mark(_place(clock, at), "step")
    if due.due_at is not None:
        yield Mark(_place(clock, due.due_at), "limit")
    if due.since is not None:
        yield Mark(_place(clock, _reached(clock, now)), "sent" if clock.sending else "now")


def _place(clock: Clock, at: datetime) -> str:
    """Where a moment lies between the start of a clock and its limit, or now if that is later."""
    due = clock.due
    if due.since is None or due.due_at is None:
        return "0"
    whole = max(due.due_at, at) - due.since
    if at <= due.since or not whole:
        return "0"
    end = max(due.due_at, at)
    part = (at - due.since) / (end - due.since)
    return f"{min(part, 1) * 100:.1f}"


# --- answers ------------------------------------------------------------------------------------


def sheets_of(held: Held) -> list[Sheet]:
    """What the forms say of a case: the line, the site's report, the sponsor's view, the death."""
    return [_sheet(row, held) for row in rows_of(held)]


def rows_of(held: Held) -> list[Row]:
    """The rows of forms that a case is made of."""
    facts, number = held.facts, held.known.number
    rows = [held.row] if held.row is not None else []
    if held.known.kind is Kind.EVENT:
        rows += [one for one in facts.all("serious_event") if one["adverse_event"] == number]
        rows += assessments_of(held.known, facts)
        rows += [one for one in facts.all("death") if one["adverse_event"] == number]
    return rows


def _sheet(row: Row, held: Held) -> Sheet:
    form = held.protocol.form(row.form)
    zone = held.case.participant.site.zone
    answers = [
        (localized(one.label), text_of(one, row[one.name], zone))
        for one in form.questions
        if asked(form, one, row.values) and not blank(row[one.name]) and row[one.name] is not False
    ]
    return Sheet(form, row.number, answers)


def contradictions(held: Held) -> list[tuple[Finding, str]]:
    """What the edit checks find in the rows of a case: death, dates, criteria, causality; each
    with the label of the form it is about."""
    mine = {(row.form, row.id) for row in rows_of(held)}
    found = found_in(held.protocol, held.facts)
    return [
        (one, localized(BY_CODE[one.row.form].label))
        for one in found
        if (one.row.form, one.row.id) in mine
    ]


def decision_lines(held: Held) -> Sequence[tuple[Text, Text]]:
    """The parts of the decision on a SUSAR in their order, the decision last."""
    decision = held.standing.decision
    if decision is None:
        return ()
    return (
        (_("Serious"), yes_no_open(decision.serious)),
        (_("Related, in the view of investigator or sponsor"), yes_no_open(decision.related)),
        (_("Unexpected"), yes_no_open(decision.unexpected)),
        (_("SUSAR"), yes_no_open(decision.susar)),
    )


def waits_for(held: Held) -> list[Text]:
    """What an open decision waits for."""
    decision = held.standing.decision
    return [MISSING[one] for one in decision.missing] if decision else []


def form_of(held: Held) -> str:
    """The form whose line the case is."""
    return FORMS[held.known.kind]


def context_of(held: Held) -> dict[str, Any]:
    """What a case's pages share."""
    return {
        "held": held,
        "case": held.case,
        "participant": held.case.participant,
        "zone": held.case.participant.site.timezone,
        "line": case_line(held),
    }
