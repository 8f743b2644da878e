"""Infusions follow each other in the order of the protocol (R-30, F-017)."""

from django.utils.translation import gettext as _

from patients.models import Participant
from patients.models import Status as ParticipantStatus
from trial.access.exceptions import Refused
from trial.protocol import registry
from visits.models import Status, Visit
from visits.selectors.product import infusion_codes


class OutOfTurn(Refused):
    """Not this infusion, or not now: 409."""

    status = 409


def require_turn(visit: Visit | None, participant: Participant) -> Visit:
    """The visit, if product may be given at it now: it is an infusion of this participant, who is
    enrolled, and every infusion before it was given or is recorded as missed.

    Raises OutOfTurn with the reason.
    """
    if visit is None or visit.participant_id != participant.pk:
        raise OutOfTurn({"": [_("This is no visit of the participant.")]})
    if participant.status != ParticipantStatus.ENROLLED:
        raise OutOfTurn({"": [_("The participant is not enrolled: no product is given.")]})
    codes = infusion_codes(registry.get(visit.protocol_version))
    if visit.code not in codes:
        raise OutOfTurn({"": [_("%s is no infusion visit.") % visit.label]})
    if visit.status == Status.MISSED:
        raise OutOfTurn({"": [_("%s is recorded as missed.") % visit.label]})
    before = _open_before(visit, codes)
    if before is not None:
        words = _("%s comes first: record it as held, or as missed.")
        raise OutOfTurn({"": [words % before.label]})
    return visit


def _open_before(visit: Visit, codes: tuple[str, ...]) -> Visit | None:
    earlier = Visit.objects.filter(
        participant=visit.participant_id,
        code__in=codes,
        number=0,
        status=Status.PLANNED,
        position__lt=visit.position,
    )
    return earlier.order_by("position").first()
