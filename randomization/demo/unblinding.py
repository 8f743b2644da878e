"""One emergency of the demo study: an investigator asks for an arm, and reads it."""

from patients.models import Participant, Status
from randomization.models import Category
from randomization.sealed.reading import Asking, read_arm, request_arm
from randomization.services.unblinding import note_learned
from trial.access.models import User
from trial.access.roles import Role
from trial.audit.context import Actor

SITE = "02"
REASON = "Admitted with sepsis; the intensive care unit needs to know what was infused"


def break_the_blind(*, investigator: User, password: str) -> bool:
    """Ask for the arm of the newest participant of a site and read it; whether there was one."""
    people = Participant.objects.filter(
        site__code=SITE, status=Status.ENROLLED, allocation__isnull=False
    )
    person = people.select_related("site").order_by("-pk").first()
    if person is None:
        return False
    by = Actor.of(investigator, role=Role.INVESTIGATOR.value, site=SITE)
    asking = Asking(Category.TREATMENT, REASON, investigator, investigator.username, password)
    made = request_arm(participant=person, asking=asking, by=by)
    read_arm(unblinding=made, by=by)
    note_learned(unblinding=made, who="Physician on duty, intensive care", by=by)
    return True
