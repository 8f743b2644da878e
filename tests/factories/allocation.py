"""A list in force, bags in stock, participants randomised: through the services, as users would.

Needs both database aliases (`@pytest.mark.django_db(transaction=True, databases=[...])`, or the
fixture `both_databases`): what one login commits, the other sees.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from patients import services as patients
from patients.models import DiseaseStatus, Participant
from randomization.blocks import Design
from randomization.models import Allocation
from randomization.sealed.list_progress import reached
from randomization.sealed.lists import draft_blocks, put_in_force
from randomization.sealed.models import AllocationList, Lot
from randomization.sealed.packing import Parcel, pack
from randomization.services.allocating import Proof, randomise
from tests.factories import study
from trial.access.models import Site, User
from trial.audit.context import SEALED_DB_ALIAS, Actor, transaction
from trial.signing.models import Components
from visits.custody import Event
from visits.models import Bag, Shipment
from visits.services.bags import Step, move

SEED = bytes(range(32))
GROUPS = ("naive", "treated")


def list_in_force(*sites: Site, sizes: tuple[int, ...] = (4, 6), slots: int = 40) -> AllocationList:
    """A list of permuted blocks for these sites, committed and in force."""
    strata = tuple(f"{site.code}-{group}" for site in sites for group in GROUPS)
    before = reached()  # a list that follows counts on, from a seed of its own
    first = tuple(before.first_in(code) for code in strata)
    design = Design(("A", "B"), (1, 1), sizes, strata, slots, first)
    found = draft_blocks(design=design, by=study.SETUP, seed=None if before.last else SEED)
    put_in_force(found=found, by=study.SETUP)
    return found


def lot(arm: str, number: str, *, days: int = 365, disposition: str = "released") -> Lot:
    with transaction(by=study.SETUP, using=SEALED_DB_ALIAS):
        return Lot.objects.create(
            number=number,
            arm=arm,
            expires_at=datetime.now(UTC) + timedelta(days=days),
            disposition=disposition,
            made_at=datetime.now(UTC),
            made_by="test",
        )


def packed(site: Site, contents: dict[str, int], *, days: int = 365) -> Shipment:
    """A shipment with so many bags of each arm."""
    lots = {
        arm: lot(arm, f"{site.code}-{arm}-{Lot.objects.count()}", days=days) for arm in contents
    }
    parcel = Parcel(
        site=site,
        bags={lots[arm].pk: count for arm, count in contents.items()},
        volume_ml=Decimal(50),
        cells=Decimal(31),
        storage_low=Decimal(2),
        storage_high=Decimal(8),
    )
    return pack(parcel=parcel, by=study.SETUP)


def stocked(site: Site, contents: dict[str, int], *, days: int = 365) -> list[Bag]:
    """The same, shipped and received."""
    shipment = packed(site, contents, days=days)
    ids = list(shipment.bags.values_list("pk", flat=True))
    move(bags=ids, step=Step(Event.SHIP), by=study.SETUP)
    return move(bags=ids, step=Step(Event.RECEIVE, site=site), by=study.SETUP)


def ready(
    site: Site, *, status: DiseaseStatus = DiseaseStatus.NAIVE, day0_in: int = 1
) -> Participant:
    """A consented, eligible, enrolled participant whose first infusion is due."""
    today = site.today()
    person = study.enrolled(site, day0=today + timedelta(days=day0_in))
    return patients.correct(
        participant=person,
        changes={"disease_status": status},
        version=person.version,
        reason="recorded",
        by=study.SETUP,
    )


def proof(signer: User, *, password: str = study.PASSWORD) -> Proof:
    return Proof(signer, signer.username, password, Components.BOTH)


def randomised(participant: Participant, signer: User) -> Allocation:
    by = Actor.of(signer, role="investigator", site=participant.site.code)
    allocation, _before = randomise(participant=participant, proof=proof(signer), by=by)
    return allocation
