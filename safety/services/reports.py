"""Sending a report of a case, and confirming its receipt.

Each sending freezes a version of the case's data elements; nothing of it is changed afterwards.
The case's row is locked first, so that of two who send at once the second is told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from safety.cases import FIRST, LATER, Clock, Stage, covered, first_report
from safety.e2b import elements_of
from safety.models import Receipt, ReportVersion, SafetyCase, Submission
from safety.selectors.cases import Held, held
from safety.selectors.reporting import report_of
from safety.services.cases import close_case_item, note_news, settle
from safety.versions import differences, digest_of, frozen
from trial.access.exceptions import Refused
from trial.access.roles import Role
from trial.audit.context import Actor, transaction
from trial.protocol.safety import Party, Report


@dataclass(frozen=True, slots=True)
class Outside:
    """A report that the sponsor sent outside this system: which, to whom, when, its reference."""

    reports: Sequence[tuple[Report, Party, int]]
    sent_at: datetime
    reference: str = ""


def submit(*, case: SafetyCase, by: Actor, news: str = "") -> Submission:
    """Send the site's report to the sponsor: the first one, or a follow-up with what is new.

    Raises Refused for a case that was withdrawn before anything was sent, and for a follow-up
    without news, without a word about it, or in which nothing is otherwise.
    """
    with transaction(by=by, reason=news.strip()):
        found = _locked(case)
        later = first_report(found.known) is not None
        covers = _follow_up(found, news, by) if later else _first(found)
        (made,) = _send(
            found, [(_report(found, later=later), Party.SPONSOR, covers)], timezone.now(), "",
            news.strip(), by,
        )  # fmt: skip
        close_case_item(case=case, role=Role.INVESTIGATOR, by=by)
        settle(case=case, by=by)
    return made


def record_outside(*, case: SafetyCase, outside: Outside, by: Actor) -> list[Submission]:
    """Record that the sponsor sent reports to authority or ethics committee.

    Raises Refused where none is named, one is not asked for or was sent already, for a time that
    is still to come or lies before the sponsor knew of the case.
    """
    with transaction(by=by):
        found = _locked(case)
        if not outside.reports:
            raise Refused({"reports": [_("Say which report went to whom.")]})
        clocks = {_key(one): one for one in found.standing.clocks}
        for wanted in outside.reports:
            _require_open(clocks.get(wanted), outside.sent_at)
        if outside.sent_at > timezone.now():
            raise Refused({"sent_at": [_("This time is still to come.")]})
        made = _send(found, outside.reports, outside.sent_at, outside.reference.strip(), "", by)
        settle(case=case, by=by)
    return made


def acknowledge(
    *, submission: Submission, by: Actor, at: datetime | None = None, reference: str = ""
) -> Receipt:
    """Confirm the receipt of a report. Raises Refused if it is confirmed already, or for a time
    before the sending or still to come."""
    now = timezone.now()
    at = at or now
    with transaction(by=by):
        SafetyCase.objects.select_for_update().get(pk=submission.case_id)
        if Receipt.objects.filter(submission=submission).exists():
            raise Refused({"": [_("The receipt is confirmed already.")]})
        if not submission.sent_at <= at <= now:
            message = _("The receipt lies between the sending and now.")
            raise Refused({"acknowledged_at": [message]})
        made = Receipt.objects.create(
            submission=submission, acknowledged_at=at, acknowledged_by=by.name,
            reference=reference.strip(), recorded_at=now, recorded_by=by.name,
        )  # fmt: skip
        if submission.recipient == Party.SPONSOR:
            close_case_item(case=submission.case, role=Role.SAFETY, by=by)
        settle(case=submission.case, by=by)
    return made


# --- what goes out ------------------------------------------------------------------------------


def _locked(case: SafetyCase) -> Held:
    rows = SafetyCase.objects.select_for_update(of=("self",)).select_related("participant__site")
    (found,) = held([rows.get(pk=case.pk)])
    return found


def _report(found: Held, *, later: bool) -> Report:
    return (LATER if later else FIRST)[found.known.kind]


def _first(found: Held) -> int:
    """The number of news that the first report covers: all there are."""
    if found.standing.stage == Stage.WITHDRAWN:
        raise Refused({"": [_("This is not serious any more: there is nothing to report.")]})
    return len(found.known.news)


def _follow_up(found: Held, news: str, by: Actor) -> int:
    """The number of news that a follow-up covers. Without news noted, those of this moment."""
    if not news.strip():
        raise Refused({"news": [_("Say what is new.")]})
    if len(found.known.news) > covered(found.known):
        return len(found.known.news)
    if not changes_since(found):
        message = _("Nothing is otherwise than in the report that went out.")
        raise Refused({"": [message]})
    numbers = found.case.news.values_list("number", flat=True)
    note_news(
        case=found.case, number=max(numbers, default=0) + 1, learned_at=timezone.now(),
        learned_by=by.name, by=by,
    )  # fmt: skip
    return len(found.known.news) + 1


def _key(clock: Clock) -> tuple[Report, Party, int]:
    return clock.due.report, clock.due.recipient, clock.due.follow_up


def _require_open(clock: Clock | None, sent_at: datetime) -> None:
    if clock is None or clock.due.sender is not Party.SPONSOR:
        raise Refused({"reports": [_("This report is not asked for.")]})
    if not clock.open:
        raise Refused({"reports": [_("This report was sent already.")]})
    if clock.due.since is None:
        raise Refused({"reports": [_("The clock of this report does not run yet.")]})
    if sent_at < clock.due.since:
        raise Refused({"sent_at": [_("This lies before the sponsor knew of it.")]})


def _send(
    found: Held, reports: Sequence[tuple[Report, Party, int]], sent_at: datetime, reference: str,
    news: str, by: Actor,
) -> list[Submission]:  # fmt: skip
    now = timezone.now()
    sent_at = min(sent_at, now)
    version = _freeze(found, reports, news, now, by)
    return [
        Submission.objects.create(
            case=found.case, version=version, report=report, recipient=recipient,
            follow_up=follow_up, reference=reference, sent_at=sent_at, sent_by=by.name,
            recorded_at=now, recorded_by=by.name,
        )
        for report, recipient, follow_up in reports
    ]  # fmt: skip


def _freeze(
    found: Held, reports: Sequence[tuple[Report, Party, int]], news: str, now: datetime, by: Actor
) -> ReportVersion:
    arrives = any(recipient is Party.SPONSOR for _report, recipient, _count in reports)
    content = current(found, now, arrives=arrives) | {"reports": [list(one) for one in reports]}
    return ReportVersion.objects.create(
        case=found.case, number=found.case.versions.count() + 1, news=news, content=content,
        sha256=digest_of(content), frozen_at=now, frozen_by=by.name,
    )  # fmt: skip


def current(found: Held, now: datetime | None = None, *, arrives: bool = False) -> dict[str, Any]:
    """The case's data elements as they stand now. `arrives`: the sponsor receives them now."""
    decision = found.standing.decision
    about: Mapping[str, Any] = {
        "participant": found.case.participant.code,
        "kind": found.known.kind,
        "number": found.known.number,
        "protocol": found.protocol.number,
        "susar": decision.susar if decision else None,
    }
    now = now or timezone.now()
    return frozen(elements_of(report_of(found, now, arrives=arrives)), about)


def changes_since(found: Held) -> list[Any]:
    """What is otherwise now than in the newest version; all there is nothing to compare with."""
    last = found.case.versions.last()
    return [] if last is None else differences(last.content, current(found))
