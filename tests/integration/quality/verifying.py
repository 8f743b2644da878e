"""Short ways to verify in tests."""

from labs.models import Result
from patients.models import Participant
from patients.places import place_of as place_of_participant
from trial.audit.context import Actor, transaction
from trial.audit.records import Place, Record
from trial.audit.watermark import watermark
from trial.quality.models import Mode, Verification, VerificationPlan
from trial.quality.selectors.verification import Item, items_of
from trial.quality.services import verifications as services
from trial.quality.services.verifications import WHOLE_FORM, Share, Target
from visits.models import Visit
from visits.places import place_of

MONITOR = Actor(name="monitor", role="monitor")
MANAGER = Actor(name="datamanager", role="datamanager")
FORMS = ("participant", "consent", "eligibility", "visit", "labs")


def at(owner: Participant | Visit, form: str = "") -> Place:
    return place_of(owner, form) if isinstance(owner, Visit) else place_of_participant(owner, form)


def visit(person: Participant, code: str) -> Visit:
    return Visit.objects.select_related("participant").get(participant=person, code=code, number=0)


def verify(owner: Participant | Visit, form: str, record: Record = WHOLE_FORM) -> Verification:
    target = Target(at(owner, form), record)
    return services.verify(targets=[target], seen=watermark(), by=MONITOR)[0]


def recorded(owner: Participant | Visit, form: str) -> Verification:
    """The row alone, for tests inside one transaction: what it wrote itself lies after its own
    cut through history, and the service would say so."""
    place, seen = at(owner, form), watermark()
    with transaction(by=MONITOR):
        return Verification.objects.create(
            site_id=place.site_id, participant_id=place.participant_id or 0,
            participant_code=place.participant_code, visit_id=place.visit_id,
            visit_label=place.visit_label, form=form, seen_generation=seen.generation,
            seen_snapshot=seen.snapshot, verified_by=MONITOR.name,
        )  # fmt: skip


def plan(mode: Mode = Mode.ALL, *, site=None, forms=FORMS, codes=(), **more) -> VerificationPlan:
    share = Share(forms=forms, mode=mode, **more)
    return services.plan(site=site, share=share, codes=codes, reason="risk plan", by=MANAGER)


def states(owner: Participant | Visit) -> dict[str, str]:
    """State by "ALT" for a result, by "collected_on" for a value."""
    return {name_of(item): item.state for item in items_of(at(owner))}


def name_of(item: Item) -> str:
    if item.record.table == "labs_result":
        return Result.objects.get(pk=item.record.id).analyte
    return item.record.field or str(item.record.id)
