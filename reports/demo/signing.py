"""What an investigator and a data manager have done in the demo study: signed, frozen, locked."""

from django.db.models import QuerySet

from labs.services.evaluation import evaluate
from patients.models import Participant, Status
from patients.places import place_of
from reports.selectors.readiness import missing
from reports.selectors.signing import complete, incomplete, visits_to_sign
from reports.services.signing import request_casebook, request_visit
from trial.access.models import User
from trial.access.roles import Role
from trial.audit.context import Actor
from trial.quality.models import Query, Scope
from trial.quality.services import holds, settling
from trial.signing.models import Components
from trial.signing.services import Request, sign
from visits.models import Visit
from visits.places import place_of as place_of_visit

SIGNED = 8  # participants whose complete visits are signed
INTERIM = "Interim look of the data monitoring committee"


def sign_and_hold(*, investigator: User, manager: User, password: str) -> int:
    """Sign the visits of some participants, the casebook of one, lock that one, and freeze a
    visit of another. Returns the number of signatures."""
    ended = _closed(investigator)
    people = [*ended, *_going_on(SIGNED)]
    for person in people:
        evaluate(participant_id=person.pk, process="demo")
    count = _sign(investigator, password, _visits(investigator, people))
    by = Actor.of(manager, role=Role.DATA_MANAGER.value)
    for person in ended:
        settling.bulk_close(queries=list(_answered(person)), text="", by=by)
        count += _sign(investigator, password, [request_casebook(person)])
        if not missing(Scope.PARTICIPANT, place_of(person)):
            holds.lock(
                scope=Scope.PARTICIPANT, place=place_of(person), by=by, missing=missing,
                reason="Casebook complete, signed and clean",
            )  # fmt: skip
    for visit in (
        Visit.objects.filter(participant__site__code="02", code="W12", status="held")
        .select_related("participant__site")
        .order_by("participant__code")[:1]
    ):
        holds.freeze(scope=Scope.VISIT, place=place_of_visit(visit), reason=INTERIM, by=by)
    return count


def _answered(person: Participant) -> QuerySet[Query]:
    """What the checks asked and the site has answered: accepted before the casebook is signed."""
    return Query.objects.unsettled().filter(participant_id=person.pk)


def _closed(investigator: User) -> list[Participant]:
    """One participant who has completed the study and whose visits lack nothing."""
    lacking = incomplete(visits_to_sign(investigator)).values("participant")
    done = Participant.objects.filter(status=Status.COMPLETED, site__code="01")
    return list(done.exclude(pk__in=lacking).select_related("site").order_by("code")[:1])


def _going_on(number: int) -> list[Participant]:
    enrolled = Participant.objects.filter(status=Status.ENROLLED, site__code__in=("01", "02"))
    return list(enrolled.order_by("code")[:number])


def _visits(investigator: User, people: list[Participant]) -> list[Request]:
    ready = complete(visits_to_sign(investigator)).filter(participant__in=people)
    return [request_visit(visit) for visit in ready.select_related("participant__site")]


def _sign(investigator: User, password: str, requests: list[Request]) -> int:
    outcomes = sign(
        requests=requests, signer=investigator, username=investigator.username,
        password=password, components=Components.BOTH,
        by=Actor.of(investigator, role=Role.INVESTIGATOR.value),
    )  # fmt: skip
    return sum(one.signature is not None for one in outcomes)
