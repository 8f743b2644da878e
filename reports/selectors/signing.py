"""What waits for a signature, at the sites where somebody may sign."""

from django.db.models import QuerySet

from patients.models import Participant
from reports.selectors.readiness import ENDED
from reports.selectors.visits import WHERE
from reports.states import State
from trial.access.policy import AnyUser
from trial.access.roles import Permission
from trial.signing.models import Scope, Signature
from visits.models import Status, Visit, VisitQuerySet


def _intact(user: AnyUser, scope: Scope, record: str) -> QuerySet[Signature, int]:
    mine = Signature.objects.visible_to(user, Permission.SIGN).filter(scope=scope)
    return mine.intact().values_list(record, flat=True)


def visits_to_sign(user: AnyUser) -> VisitQuerySet:
    """Held visits without a signature that stands, by participant and in order of the plan."""
    held = Visit.objects.visible_to(user, Permission.SIGN).filter(status=Status.HELD)
    unsigned = held.exclude(pk__in=_intact(user, Scope.VISIT, "visit_id"))
    return unsigned.order_by("participant__code", "position", "number")


def complete(visits: VisitQuerySet) -> VisitQuerySet:
    """Those whose panel is answered."""
    return visits.filter(WHERE[State.DONE])


def incomplete(visits: VisitQuerySet) -> VisitQuerySet:
    """The others."""
    return visits.exclude(WHERE[State.DONE])


def casebooks_to_sign(user: AnyUser) -> QuerySet[Participant]:
    """Participants whose time in the study has ended, without a signed casebook that stands."""
    ended = Participant.objects.visible_to(user, Permission.SIGN).filter(status__in=ENDED)
    unsigned = ended.exclude(pk__in=_intact(user, Scope.CASEBOOK, "participant_id"))
    return unsigned.select_related("site").order_by("code")
