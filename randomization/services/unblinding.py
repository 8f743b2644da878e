"""What everybody with the right may record about unblindings: no arm passes through here."""

from dataclasses import dataclass
from datetime import date

from django.db import DatabaseError, IntegrityError
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from patients.models import Participant
from randomization.models import CATEGORIES, Category, Kind, Unblinding, WhoLearned
from randomization.models.unblinding import REASON_LENGTH
from randomization.wording import UNBLINDING_REFUSALS
from trial.access.exceptions import Refused
from trial.access.roles import Role
from trial.audit import events
from trial.audit.again import code_of
from trial.audit.context import Actor, transaction
from trial.inbox.services import raise_item

TOLD = (Role.SPONSOR, Role.SAFETY)


@dataclass(frozen=True, slots=True)
class Incident:
    """An arm that became known without being asked for: how, since when, to whom."""

    category: Category
    how: str
    learned_on: date
    who: str


def record_inadvertent(*, participant: Participant, incident: Incident, by: Actor) -> Unblinding:
    """Record that somebody learned an arm by accident (R-47); sponsor and safety are told.

    Raises Refused for a text that says too little, or a day that is still to come.
    """
    _require_reason(incident.how, "how")
    if incident.learned_on > participant.site.today():
        raise Refused({"learned_on": [_("This day is still to come.")]})
    if incident.category not in CATEGORIES[Kind.INADVERTENT]:
        raise Refused({"category": [_("Choose one of the categories.")]})
    how = incident.how.strip()
    with transaction(by=by, reason=how):
        made = Unblinding.objects.create(
            participant=participant,
            kind=Kind.INADVERTENT,
            category=incident.category,
            reason=how,
            learned_on=incident.learned_on,
            requested_at=timezone.now(),
            requested_by=by.name,
            requested_by_id=by.id,
        )
        note_learned(unblinding=made, who=incident.who, by=by)
        _tell(events.Act.UNBLINDING_RECORDED, made, by)
        _put_before_sponsor_and_safety(made, by)
    return made


def note_learned(*, unblinding: Unblinding, who: str, by: Actor) -> WhoLearned:
    """Note somebody else who learned the arm. Raises Refused where nobody is named."""
    if not who.strip():
        raise Refused({"who": [_("Say who learned it.")]})
    with transaction(by=by):
        return WhoLearned.objects.create(
            unblinding=unblinding, who=who.strip(), noted_at=timezone.now(), noted_by=by.name
        )


def ask_for_study(*, reason: str, by: Actor) -> Unblinding:
    """Ask for the planned unblinding of the locked study; a second person decides.

    Raises Refused where the study is not locked, or one is asked for already.
    """
    _require_reason(reason, "reason")
    if Unblinding.objects.filter(kind=Kind.PLANNED, approved_at=None).exists():
        raise _asked_already()
    try:
        with transaction(by=by, reason=reason.strip()):
            made = Unblinding.objects.create(
                kind=Kind.PLANNED,
                category=Category.ANALYSIS,
                reason=reason.strip(),
                requested_at=timezone.now(),
                requested_by=by.name,
                requested_by_id=by.id,
            )
            _tell(events.Act.UNBLINDING_REQUESTED, made, by)
    except IntegrityError:  # of two who ask at once, the second
        raise _asked_already() from None
    except DatabaseError as error:
        raise _refusal(error) from None
    return made


def _asked_already() -> Refused:
    return Refused({"": [_("The unblinding of the study is asked for already.")]})


def approve_for_study(*, unblinding: Unblinding, by: Actor) -> Unblinding:
    """Agree to it as the second person. Raises Refused for the one who asked, or where the study
    is not locked any more."""
    try:
        with transaction(by=by, reason=unblinding.reason):
            row = Unblinding.objects.select_for_update().get(pk=unblinding.pk)
            if row.kind != Kind.PLANNED or row.approved_at is not None:
                raise Refused({"": [_("There is nothing to agree to.")]})
            if by.id is None or row.requested_by_id == by.id:
                raise Refused({"": [_("You asked for it: a second person has to agree.")]})
            row.approved_at, row.approved_by = timezone.now(), by.name
            row.approved_by_id = by.id
            row.save(update_fields=["approved_at", "approved_by", "approved_by_id"])
            _tell(events.Act.UNBLINDING_APPROVED, row, by)
    except DatabaseError as error:
        raise _refusal(error) from None
    return row


def _require_reason(text: str, field: str) -> None:
    if len(text.strip()) < REASON_LENGTH:
        message = _("Say why in at least %(count)s characters.") % {"count": REASON_LENGTH}
        raise Refused({field: [message]})


def _refusal(error: DatabaseError) -> Exception:
    words: str | Promise | None = UNBLINDING_REFUSALS.get(code_of(error))
    return Refused({"": [words]}) if words is not None else error


def _tell(act: events.Act, row: Unblinding, by: Actor) -> None:
    person = row.participant
    events.record(
        act,
        by=by,
        record=f"randomization_unblinding:{row.pk}",
        details={"category": row.category},
        subject=(person.site_id, person.pk, None) if person else events.NOWHERE,
    )


def _put_before_sponsor_and_safety(row: Unblinding, by: Actor) -> None:
    person = row.participant
    if person is None:
        return
    for role in TOLD:
        raise_item(
            kind="unblinding",
            cause=f"unblinding:{row.pk}:{role}",
            site=person.site,
            role=role,
            participant_id=person.pk,
            participant_code=person.code,
            params={"kind": row.kind, "category": row.category, "unblinding": row.pk},
            by=by,
            mail=True,
        )
