"""The end of taking part: its line in the disposition form, and the status that follows from it.

The line is the one place where it is recorded; the status is set, corrected and taken back with
it, in the same transaction.
"""

from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from patients.endings import COMPLETED, Ending, ending_of, reason_of
from patients.models import Disposition, Participant, Status
from patients.rows import lock_open, write
from trial.access.exceptions import Refused
from trial.audit.context import Actor, transaction
from trial.crf import services as forms
from trial.crf.consequences import Change
from trial.crf.owner import Owner
from trial.protocol.casebook.disposition import FORM
from trial.protocol.casebook.disposition_checks import CHECKS
from trial.protocol.edit_checks import limits_of

_FIELDS = {"happened_on": "on", "remark": "reason"}  # questions as the pages of leaving call them


def record_end(
    *, participant: Participant, event: str, on: date, remark: str, by: Actor, reason_code: str = ""
) -> Participant:
    """Write the line that ends an enrolled participant's study; the same again changes nothing.

    What the soft checks say about it is asked about in queries; `remark` is the explanation.
    Raises Refused with messages at `on` and `reason`.
    """
    remark = remark.strip()
    line = {"event": event, "happened_on": on, "reason": reason_code, "remark": remark}
    with transaction(by=by, reason=remark):
        participant = lock_open(participant)
        wanted = ending_of([line])
        if wanted is not None and _stored(participant) == (wanted.status, on, reason_of(line)):
            return participant
        if participant.status != Status.ENROLLED:
            raise Refused({"": [_("The participant's status does not allow this.")]})
        why = remark or _("No remark was given.")
        entry = forms.Entry(
            form=FORM,
            section=FORM.section("event"),
            values=line,
            number=forms.NEW,
            answers={one.id: why for one in (*limits_of(FORM), *CHECKS)},
        )
        try:
            forms.save(owner=Owner(participant), entry=entry, by=by, reason=remark)
        except Refused as refused:
            errors = {_FIELDS.get(name, ""): texts for name, texts in refused.errors.items()}
            raise Refused(errors) from refused
        participant.refresh_from_db()
        return participant


def follow_disposition(change: Change) -> None:
    """Bring the status in line with a line that was saved, corrected or struck."""
    participant: Participant = change.owner.participant
    rows = list(Disposition.objects.filter(participant=participant).order_by("number"))
    others = [row.values for row in rows if row.pk != change.row.pk and not row.struck]
    now = [] if change.row.struck else [change.row.values]
    was, after = ending_of([*others, change.before]), ending_of([*others, *now])
    if was != after:
        settle(participant=participant, was=was, now=after, by=change.by, reason=change.reason)


def settle(
    *, participant: Participant, was: Ending | None, now: Ending | None, by: Actor, reason: str = ""
) -> Participant:
    """Set the status that an end brings, or take it back where the end is recorded no more.

    Raises Refused at the question of the form, Locked.
    """
    with transaction(by=by, reason=reason):
        participant = lock_open(participant)
        if participant.status == Status.SCREEN_FAILED and not _made_by(participant, was):
            return participant  # its page ended the screening; a death is recorded after it
        if now is None:
            return _reopen(participant)
        _require_possible(participant, now)
        enrolled = participant.enrolled_on is not None
        participant.status = now.status if enrolled else Status.SCREEN_FAILED
        participant.ended_on, participant.status_reason = now.on, now.reason
        return write(participant, "status", "status_reason", "ended_on")


def _made_by(participant: Participant, ending: Ending | None) -> bool:
    """Whether the end of the screening is the one that a line recorded."""
    return ending is not None and _stored(participant)[1:] == (ending.on, ending.reason)


def _reopen(participant: Participant) -> Participant:
    enrolled = participant.enrolled_on is not None
    participant.status = Status.ENROLLED if enrolled else Status.SCREENING
    participant.ended_on, participant.status_reason = None, ""
    return write(participant, "status", "status_reason", "ended_on")


def _require_possible(participant: Participant, ending: Ending) -> None:
    if ending.event == COMPLETED and participant.enrolled_on is None:
        raise Refused({"event": [_("Only who was enrolled can complete the study.")]})
    first = participant.enrolled_on or participant.screened_on
    if not first <= ending.on <= participant.site.today():
        message = _("The date lies outside the participant's time in the study.")
        raise Refused({"happened_on": [message]})


def _stored(participant: Participant) -> tuple[Any, ...]:
    return participant.status, participant.ended_on, participant.status_reason
