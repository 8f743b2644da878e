"""A visit or casebook as what can be signed."""

from patients.models import Participant
from trial.signing.document import Subject
from trial.signing.models import Scope
from visits.models import Visit


def of_visit(visit: Visit) -> Subject:
    """A visit to be signed; it comes with its participant and site."""
    person = visit.participant
    return Subject(Scope.VISIT, person.site, person.pk, person.code, visit.pk, visit.label)


def of_casebook(person: Participant) -> Subject:
    """A casebook to be signed; the participant comes with its site."""
    return Subject(Scope.CASEBOOK, person.site, person.pk, person.code)
