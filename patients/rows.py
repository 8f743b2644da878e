"""Locking and writing the row of a participant, for the services that change it."""

from patients.models import Participant
from patients.places import place_of
from trial.quality.selectors.holds import require_open


def lock(participant: Participant) -> Participant:
    """The row, locked until the transaction ends, with its site."""
    return (
        Participant.objects.select_for_update(of=("self",))
        .select_related("site")
        .get(pk=participant.pk)
    )


def lock_open(participant: Participant) -> Participant:
    """`lock` for a write on the participant itself. Raises Locked where that is held."""
    participant = lock(participant)
    require_open(place_of(participant, "participant"))
    return participant


def write(participant: Participant, *fields: str) -> Participant:
    """Write these fields of a locked row, and that it has changed."""
    participant.version += 1
    participant.save(update_fields=[*fields, "version"])
    return participant
