"""What follows from saving a safety form, in the transaction of the save."""

from collections.abc import Mapping

from django.utils import timezone

from safety.cases import Kind
from safety.models import SafetyCase
from safety.selectors.cases import case_of
from safety.services.cases import note_news, open_case, settle, withdraw
from trial.crf.consequences import Change, Consequence

# What a pregnancy is followed to: an answer here after the first report is news.
_OUTCOME = ("outcome", "outcome_on", "child", "child_detail")


def event_saved(change: Change) -> None:
    """A serious event is a case; one that is not serious any more, or was struck, is withdrawn."""
    row = change.row
    case = _case(change, Kind.EVENT, row.number)
    if row.serious and not row.struck:
        open_case(
            participant=change.owner.participant, kind=Kind.EVENT, number=row.number,
            by=change.by, reason=change.reason,
        )  # fmt: skip
    elif case is not None and (row.struck or row.serious is False):
        withdraw(case=case, by=change.by, reason=change.reason)
    elif case is not None:
        settle(case=case, by=change.by)


def pregnancy_saved(change: Change) -> None:
    """A pregnancy is a case from the start; its outcome is news once it was reported."""
    row = change.row
    if row.struck:
        case = _case(change, Kind.PREGNANCY, row.number)
        if case is not None:
            withdraw(case=case, by=change.by, reason=change.reason)
        return
    case = open_case(
        participant=change.owner.participant, kind=Kind.PREGNANCY, number=row.number,
        by=change.by, reason=change.reason,
    )  # fmt: skip
    if case.submissions.exists() and set(_OUTCOME) & set(change.changed):
        note_news(
            case=case, number=case.news.count() + 1, learned_at=timezone.now(),
            learned_by=change.by.name, by=change.by,
        )  # fmt: skip
        settle(case=case, by=change.by)


def report_saved(change: Change) -> None:
    """A follow-up in the report form is news with a clock of its own."""
    row = change.row
    case = _case(change, Kind.EVENT, row.adverse_event)
    if case is None:
        return
    if row.follow_up and row.news_at and not row.struck:
        note_news(
            case=case, number=int(row.follow_up), learned_at=row.news_at,
            learned_by=change.by.name, by=change.by,
        )  # fmt: skip
    settle(case=case, by=change.by)


def assessed(change: Change) -> None:
    """The sponsor's view of an event decides what is due; so does taking it to another event."""
    for number in {change.row.adverse_event, change.before.get("adverse_event")}:
        case = _case(change, Kind.EVENT, number)
        if case is not None:
            settle(case=case, by=change.by)


def _case(change: Change, kind: Kind, number: int | None) -> SafetyCase | None:
    if number is None:
        return None
    return case_of(change.owner.participant.pk, kind, number)


FOLLOWING: Mapping[str, Consequence] = {
    "adverse_event": event_saved,
    "pregnancy_report": pregnancy_saved,
    "serious_event": report_saved,
    "sponsor_assessment": assessed,
}
