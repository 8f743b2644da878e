"""Short ways to freeze and lock in tests."""

from patients.models import Participant
from patients.places import place_of as place_of_participant
from trial.audit.context import Actor
from trial.audit.records import Place
from trial.crf.loading import Filled, load
from trial.protocol import registry
from trial.quality.models import Hold, Scope
from trial.quality.services import holds
from visits.models import Status, Visit
from visits.places import place_of

MANAGER = Actor(name="datamanager", role="datamanager")
SPONSOR = Actor(name="sponsor", role="sponsor")
NOTHING_MISSING = lambda scope, place: ()  # noqa: E731 - what is missing is another test's affair


def place_at(
    scope: Scope, person: Participant, visit: Visit | None = None, form: str = ""
) -> Place:
    """The place of a scope, given whose it is."""
    if scope == Scope.STUDY:
        return Place(0)
    if scope == Scope.SITE:
        return Place(person.site_id)
    if visit is not None and scope != Scope.PARTICIPANT:
        return place_of(visit, form)
    return place_of_participant(person, form)


def lock(scope: Scope, person: Participant, visit: Visit | None = None, form: str = "") -> Hold:
    """Lock it, whatever is missing."""
    return holds.lock(
        scope=scope, place=place_at(scope, person, visit, form), reason="database closed",
        by=MANAGER, missing=NOTHING_MISSING,
    )  # fmt: skip


def freeze(scope: Scope, person: Participant, visit: Visit | None = None, form: str = "") -> Hold:
    return holds.freeze(
        scope=scope, place=place_at(scope, person, visit, form), reason="interim look", by=MANAGER
    )


def no_forms(person: Participant) -> None:
    """Every form of the visits that were held is marked as not done: none lacks an answer."""
    held = Visit.objects.filter(participant=person, status=Status.HELD).order_by("position")
    filled = [
        Filled(form, visit=one, not_done="not in this study")
        for one in held
        for form in registry.get(one.protocol_version).forms_at(one.code)
    ]
    load(participant=person, filled=filled, by=MANAGER)
