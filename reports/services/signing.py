"""What a visit or casebook brings to its signature: its rows, and what stands against it."""

from patients.models import Participant
from reports import casebook_content
from reports.selectors.readiness import standing_of
from trial.audit.watermark import Watermark
from trial.signing import content
from trial.signing.rules import Obstacle
from trial.signing.services import Request
from visits.models import Visit


def request_visit(
    visit: Visit, *, shown: str = "", since: Watermark | None = None, confirmed: bool = False
) -> Request:
    """A visit to be signed; it comes with its participant and site."""
    subject = casebook_content.of_visit(visit)
    return Request(
        subject=subject,
        read=lambda: content.read(subject),
        against=lambda: against_visit(visit),
        shown=shown,
        since=since,
        confirmed=confirmed,
    )


def request_casebook(
    person: Participant, *, shown: str = "", since: Watermark | None = None, confirmed: bool = False
) -> Request:
    """A casebook to be signed; the participant comes with its site."""
    subject = casebook_content.of_casebook(person)
    return Request(
        subject=subject,
        read=lambda: content.read(subject),
        against=lambda: standing_of([_fresh(person)]).against_casebook(person.pk),
        shown=shown,
        since=since,
        confirmed=confirmed,
    )


def against_visit(visit: Visit) -> tuple[Obstacle, ...]:
    """What stands against signing a visit now."""
    standing = standing_of([visit.participant])
    row = next(one for one in standing.visits[visit.participant_id] if one.id == visit.pk)
    return standing.against_visit(row)


def _fresh(person: Participant) -> Participant:
    """As it is now: the page may have been read minutes ago."""
    return Participant.objects.select_related("site").get(pk=person.pk)
