"""Where a visit's records stand, as locks, queries and signatures know it."""

from trial.audit.records import Place
from visits.models import Visit


def place_of(visit: Visit, form: str = "") -> Place:
    """The place of a visit, or of one of its forms ("visit", "labs"). Needs its participant."""
    return Place(
        site_id=visit.participant.site_id,
        participant_id=visit.participant_id,
        participant_code=visit.participant.code,
        visit_id=visit.pk,
        visit_label=visit.label,
        form=form,
    )
