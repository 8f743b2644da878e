"""What every page about one participant begins with."""

from dataclasses import dataclass

from django.http import Http404
from django.shortcuts import get_object_or_404

from patients.codes import normalise
from patients.models import Participant
from patients.withdrawals import with_withdrawal
from trial.access import policy
from trial.access.http import AuthenticatedHttpRequest
from trial.access.policy import Decision, Denied
from trial.access.roles import Permission


def participant_or_404(request: AuthenticatedHttpRequest, code: str) -> Participant:
    """The participant of this code; Http404 where there is none, or none that the user may see."""
    if normalise(code) != code:
        raise Http404
    visible = with_withdrawal(Participant.objects.visible_to(request.user)).select_related("site")
    return get_object_or_404(visible, code=code)


@dataclass(frozen=True, slots=True)
class Rights:
    """What the user may do about one participant; each says why not."""

    screen: Decision
    enrol: Decision
    record: Decision

    @classmethod
    def of(
        cls, request: AuthenticatedHttpRequest, participant: Participant, held: str = ""
    ) -> "Rights":
        """`held`: the sentence of the hold over the participant, which takes every right."""
        if held:
            nothing = Denied(held)
            return cls(screen=nothing, enrol=nothing, record=nothing)
        user, site = request.user, participant.site_id
        return cls(
            screen=policy.can(user, Permission.PARTICIPANT_SCREEN, site),
            enrol=policy.can(user, Permission.PARTICIPANT_ENROL, site),
            record=policy.can(user, Permission.VISIT_RECORD, site),
        )
