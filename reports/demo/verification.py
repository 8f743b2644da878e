"""What a data manager has planned and a monitor has compared with the source in the demo study."""

from labs.models import Panel
from patients.models import Participant
from patients.places import place_of
from safety.models import AdverseEvent
from trial.access.models import User
from trial.access.roles import Role
from trial.audit.context import Actor
from trial.audit.records import Record
from trial.audit.watermark import watermark
from trial.quality.models import Mode
from trial.quality.services.verifications import Share, Target, plan, verify
from visits.models import Status, Visit
from visits.places import place_of as place_of_visit

FORMS = ("consent", "eligibility", "visit", "labs", "adverse_event")
COMPARED = 6  # participants whose forms are verified, the last of them in part
SEED, SHARE = 20260323, 20


def plan_and_verify(*, monitor: User, manager: User) -> int:
    """A plan for the study, and the forms of some participants compared. How many were."""
    share = Share(FORMS, Mode.SAMPLE, percent=SHARE, critical_of_others=True, seed=SEED)
    codes = Participant.objects.values_list("code", flat=True)
    plan(
        site=None, share=share, codes=codes, reason="Risk assessment of the protocol",
        by=Actor.of(manager, role=Role.DATA_MANAGER.value),
    )  # fmt: skip
    people = Participant.objects.filter(site__code="01").order_by("code")[:COMPARED]
    targets = [target for person in people for target in _forms(person)]
    targets += [_one_value(panel) for panel in _of_the_next()]
    by = Actor.of(monitor, role=Role.MONITOR.value)
    return len(verify(targets=targets, seen=watermark(), by=by))


def _forms(person: Participant) -> list[Target]:
    forms = ["consent", "eligibility"]
    if AdverseEvent.objects.filter(participant=person).exists():
        forms.append("adverse_event")
    own = [Target(place_of(person, form)) for form in forms]
    held = Visit.objects.filter(participant=person, status=Status.HELD).select_related(
        "participant"
    )
    return own + [Target(place_of_visit(one, form)) for one in held for form in ("visit", "labs")]


def _of_the_next() -> list[Panel]:
    people = Participant.objects.filter(site__code="01").order_by("code")
    ids = list(people.values_list("pk", flat=True)[COMPARED : COMPARED + 2])
    panels = Panel.objects.filter(visit__participant__in=ids).select_related("visit__participant")
    return list(panels.order_by("pk"))


def _one_value(panel: Panel) -> Target:
    record = Record("labs_panel", panel.pk, "collected_on")
    return Target(place_of_visit(panel.visit, "labs"), record)
