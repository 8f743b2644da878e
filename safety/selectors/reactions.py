"""Reactions on the checklists of infusions, and the adverse events that were made of them."""

from collections.abc import Sequence

from django.db.models import Exists, OuterRef

from safety.models import EventOfReaction
from visits.models import Infusion, InfusionReaction


def unmade(participant_id: int) -> Sequence[InfusionReaction]:
    """The reactions of a participant that occurred and have no standing event. One statement."""
    made = EventOfReaction.objects.filter(reaction=OuterRef("pk"), event__struck=False)
    rows = InfusionReaction.objects.filter(
        infusion__visit__participant=participant_id, state=InfusionReaction.State.DRAFT
    )
    found = rows.exclude(Exists(made)).select_related("infusion__visit__participant__site")
    return list(found.order_by("onset", "pk"))


def has_event(reaction: InfusionReaction) -> bool:
    """Whether there is an event of a reaction; one that was struck is none."""
    return EventOfReaction.objects.filter(reaction=reaction, event__struck=False).exists()


def infusion_number(infusion: Infusion) -> int | None:
    """Which infusion of its participant it is, by their beginnings; None before it began."""
    if infusion.started is None:
        return None
    person = infusion.visit.participant_id
    before = Infusion.objects.filter(
        visit__participant=person, started__isnull=False, started__lte=infusion.started
    )
    return before.count()
