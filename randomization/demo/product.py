"""The demo study's list and product, made through the services by those who would make them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from randomization.blocks import Design
from randomization.demo.clock import DAY, clock_at
from randomization.release import Disposition
from randomization.sealed.disposing import Decision, Signer, dispose
from randomization.sealed.lists import draft_blocks, put_in_force
from randomization.sealed.lots import (
    Certificate,
    NewResult,
    record_donor,
    record_lot,
    record_tests,
)
from randomization.sealed.models import Donor, Lot
from randomization.sealed.packing import Parcel, pack
from trial.access.models import Site, User
from trial.audit.context import Actor
from trial.protocol.allocation import AllocationParameters, stratum
from visits.custody import Event, State
from visits.models import Bag, Shipment
from visits.services.bags import Step, move
from visits.services.handling import Arrival, receive

NUMBERS = {
    "VIAB": "96", "CD73": "99", "CD90": "99", "CD105": "98", "CD34": "0.2", "CD45": "0.1",
    "CD14": "0.3", "CD19": "0.1", "HLADR": "0.5", "ENDOTOXIN": "0.1",
}  # fmt: skip
CHOICES = {
    "STERILITY": "negative", "MYCOPLASMA": "negative", "KARYOTYPE": "normal",
    "APPEARANCE": "as_described",
}  # fmt: skip
VOLUME, CELLS = Decimal(50), Decimal(50)  # 10^6 viable cells: one per mL, as ordered
STORAGE = (Decimal(2), Decimal(8))
# A lot of each kind every half year, kept for a little longer.
FIRST, EVERY, KEPT = timedelta(days=820), timedelta(days=180), timedelta(days=230)
WARM, COLD = Decimal("9.4"), Decimal("4.5")


def put_list_in_force(sites: Sequence[Site], *, by: Actor, at: datetime) -> None:
    """A list of permuted blocks over all strata, longer than the demo needs."""
    groups = AllocationParameters().groups
    strata = tuple(stratum(site.code, group.code) for site in sites for group in groups)
    design = Design(("A", "B"), (1, 1), (4, 6), strata, 60)
    with clock_at(at):
        put_in_force(found=draft_blocks(design=design, by=by), by=by)


@dataclass(frozen=True, slots=True)
class Pharmacy:
    """Who makes and releases the product, with what the release is signed with."""

    user: User
    password: str

    @property
    def actor(self) -> Actor:
        return Actor.of(self.user, role="pharmacist")


@dataclass(frozen=True, slots=True)
class Customer:
    """A site: how many of each kind it gets from every pair of lots, and who receives them."""

    site: Site
    bags: int
    receiver: Actor


def supply(pharmacy: Pharmacy, customers: Sequence[Customer], *, today: date) -> None:
    """Everything the cell laboratory has sent over the trial, and what is on its way now."""
    now = datetime.combine(today, time(6), tzinfo=UTC)
    made = now - FIRST
    number = 0
    while made < now - 30 * DAY:
        number += 1
        lots = _lots(pharmacy, number, made)
        for customer in customers:
            _send(pharmacy, lots, customer, customer.bags, made + 14 * DAY)
        made += EVERY
    _under_way(pharmacy, lots, customers[0], now)


def _under_way(pharmacy: Pharmacy, lots: Sequence[Lot], customer: Customer, now: datetime) -> None:
    """One delivery that came too warm and is still to be judged, and one that has not come yet."""
    warm = _packed(pharmacy, lots, customer, 2, now - 4 * DAY)
    with clock_at(now - 3 * DAY):
        receive(
            shipment=warm, bags=_ids(warm), by=customer.receiver,
            arrival=Arrival(WARM, "cool pack melted, bags intact"),
        )  # fmt: skip
    _packed(pharmacy, lots, customer, 4, now - DAY)


def _lots(pharmacy: Pharmacy, number: int, made: datetime) -> list[Lot]:
    """A lot of cells and one of placebo, tested, signed, released."""
    with clock_at(made):
        values = {
            "code": f"D-{made:%Y}-{number:02d}", "screening": "negative",
            "file_reference": f"Demo file {number}",
        }  # fmt: skip
        donor = record_donor(values=values, by=pharmacy.actor)
    kinds = (("UC", "A", donor), ("PL", "B", None))
    return [_released(pharmacy, f"{kind}-{made:%y%m}", arm, of, made) for kind, arm, of in kinds]


def _released(
    pharmacy: Pharmacy, number: str, arm: str, donor: Donor | None, made: datetime
) -> Lot:
    by = pharmacy.actor
    with clock_at(made + 10 * DAY):
        lot = record_lot(
            values={
                "number": number, "arm": arm, "donor": donor, "passage": 4,
                "manufactured_at": made, "expires_at": made + KEPT,
                "bag_volume_ml": VOLUME, "total_cells": Decimal(53), "viable_cells": CELLS,
            },
            certificate=Certificate.of(f"{number}.pdf", b"demo certificate"),
            by=by,
        )  # fmt: skip
        record_tests(lot=lot, results=_results((made + 7 * DAY).date()), by=by)
        decision = Decision(Disposition.RELEASED, "Reviewed with the batch record")
        signer = Signer(pharmacy.user, pharmacy.user.username, pharmacy.password)
        dispose(lot=lot, decision=decision, signer=signer, by=by)
    return lot


def _results(on: date) -> dict[str, NewResult]:
    numbers = {code: NewResult(value=Decimal(text), tested_on=on) for code, text in NUMBERS.items()}
    return numbers | {code: NewResult(choice=text, tested_on=on) for code, text in CHOICES.items()}


def _packed(
    pharmacy: Pharmacy, lots: Sequence[Lot], customer: Customer, bags: int, at: datetime
) -> Shipment:
    """A shipment of `bags` of each kind, handed to the carrier."""
    parcel = Parcel(
        site=customer.site, bags={lot.pk: bags for lot in lots}, volume_ml=VOLUME, cells=CELLS,
        storage_low=STORAGE[0], storage_high=STORAGE[1],
    )  # fmt: skip
    with clock_at(at):
        shipment = pack(parcel=parcel, by=pharmacy.actor)
        move(bags=_ids(shipment), step=Step(Event.SHIP), by=pharmacy.actor)
    return shipment


def _send(
    pharmacy: Pharmacy, lots: Sequence[Lot], customer: Customer, bags: int, at: datetime
) -> None:
    """The same, and taken into stock the next day."""
    shipment = _packed(pharmacy, lots, customer, bags, at)
    with clock_at(at + DAY):
        receive(
            shipment=shipment, bags=_ids(shipment), arrival=Arrival(COLD, "intact"),
            by=customer.receiver,
        )  # fmt: skip


def _ids(shipment: Shipment) -> list[int]:
    return list(shipment.bags.values_list("pk", flat=True))


def discard_expired(customers: Iterable[Customer], *, today: date) -> int:
    """Waste what was left of each shipment when it expired. Returns how many bags."""
    count = 0
    for customer in customers:
        ended = Shipment.objects.filter(site=customer.site, expires_at__lt=_midnight(today))
        for shipment in ended:
            left = list(
                Bag.objects.filter(shipment=shipment, state=State.RECEIVED).values_list(
                    "pk", flat=True
                )
            )
            step = Step(Event.WASTE, site=customer.site, note="Expired")
            move(bags=left, step=step, by=customer.receiver, at=shipment.expires_at + DAY / 4)
            count += len(left)
    return count


def _midnight(today: date) -> datetime:
    return datetime.combine(today, time(), tzinfo=UTC)
