"""Where a visit's records stand, as locks, queries and signatures know it."""

from trial.audit.records import Place
from visits.models import Bag, Visit


def place_of(visit: Visit, form: str = "") -> Place:
    """The place of a visit, or of one of its forms ("visit", "labs", …). Needs its participant."""
    return Place(
        site_id=visit.participant.site_id,
        participant_id=visit.participant_id,
        participant_code=visit.participant.code,
        visit_id=visit.pk,
        visit_label=visit.label,
        form=form,
    )


def place_of_bag(bag: Bag) -> Place:
    """The place of a bag: its participant's while it has one, else its site's."""
    if bag.reserved_for is None:
        return Place(bag.site_id)
    person = bag.reserved_for
    return Place(bag.site_id, participant_id=person.pk, participant_code=person.code)
