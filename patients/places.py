"""Where a participant's records stand, as locks, queries and signatures know it."""

from patients.models import Participant
from trial.audit.records import Place


def place_of(participant: Participant, form: str = "") -> Place:
    """The place of a participant, or of one of their forms ("consent", "eligibility", …)."""
    return Place(
        site_id=participant.site_id,
        participant_id=participant.pk,
        participant_code=participant.code,
        form=form,
    )
