"""The demo study's list and product, made through the services by those who would make them."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone

from randomization.blocks import Design
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
from visits.custody import Event
from visits.services.bags import Step, move

NUMBERS = {
    "VIAB": "96", "CD73": "99", "CD90": "99", "CD105": "98", "CD34": "0.2", "CD45": "0.1",
    "CD14": "0.3", "CD19": "0.1", "HLADR": "0.5", "ENDOTOXIN": "0.1",
}  # fmt: skip
CHOICES = {
    "STERILITY": "negative", "MYCOPLASMA": "negative", "KARYOTYPE": "normal",
    "APPEARANCE": "as_described",
}  # fmt: skip
VOLUME, CELLS = Decimal(50), Decimal(31)
STORAGE = (Decimal(2), Decimal(8))


def put_list_in_force(sites: Sequence[Site], *, by: Actor) -> None:
    """A list of permuted blocks over all strata, longer than the demo needs."""
    groups = AllocationParameters().groups
    strata = tuple(stratum(site.code, group.code) for site in sites for group in groups)
    design = Design(("A", "B"), (1, 1), (4, 6), strata, 60)
    put_in_force(found=draft_blocks(design=design, by=by), by=by)


def released_lots(*, pharmacist: User, password: str, today: date) -> list[Lot]:
    """A lot of cells and one of placebo, tested, signed, released."""
    by = Actor.of(pharmacist, role="pharmacist")
    donor = record_donor(
        values={"code": "D-2026-01", "screening": "negative", "file_reference": "Demo file 1"},
        by=by,
    )
    return [
        _released(number, arm, of, pharmacist, password, today)
        for number, arm, of in (("UC-2601", "A", donor), ("PL-2601", "B", None))
    ]


def _released(
    number: str, arm: str, donor: Donor | None, pharmacist: User, password: str, today: date
) -> Lot:
    by = Actor.of(pharmacist, role="pharmacist")
    now = timezone.now()
    lot = record_lot(
        values={
            "number": number, "arm": arm, "donor": donor, "passage": 4,
            "manufactured_at": now - timedelta(days=10), "expires_at": now + timedelta(days=365),
            "bag_volume_ml": VOLUME, "total_cells": Decimal(33), "viable_cells": CELLS,
        },
        certificate=Certificate.of(f"{number}.pdf", b"demo certificate"),
        by=by,
    )  # fmt: skip
    record_tests(lot=lot, results=_results(today - timedelta(days=3)), by=by)
    decision = Decision(Disposition.RELEASED, "Reviewed with the batch record")
    signer = Signer(pharmacist, pharmacist.username, password)
    dispose(lot=lot, decision=decision, signer=signer, by=by)
    return lot


def _results(on: date) -> dict[str, NewResult]:
    numbers = {code: NewResult(value=Decimal(text), tested_on=on) for code, text in NUMBERS.items()}
    return numbers | {code: NewResult(choice=text, tested_on=on) for code, text in CHOICES.items()}


def supply(
    *, site: Site, lots: Sequence[Lot], bags: int, pharmacist: Actor, receiver: Actor
) -> None:
    """Pack, ship and receive `bags` of each kind at a site."""
    parcel = Parcel(
        site=site, bags={lot.pk: bags for lot in lots}, volume_ml=VOLUME, cells=CELLS,
        storage_low=STORAGE[0], storage_high=STORAGE[1],
    )  # fmt: skip
    shipment = pack(parcel=parcel, by=pharmacist)
    ids = list(shipment.bags.values_list("pk", flat=True))
    move(bags=ids, step=Step(Event.SHIP), by=pharmacist)
    received = Step(Event.RECEIVE, site=site, temperature=Decimal("4.5"), condition="intact")
    move(bags=ids, step=received, by=receiver)
