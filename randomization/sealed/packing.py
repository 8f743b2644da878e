"""Packing a shipment: bags of released lots, mixed, numbered at random (F-039; docs/adr/0014).

A shipment of one kind alone would tell by itself which bags belong together: there is none.

All bags of a shipment become rows at once. Their numbers and their order are drawn, their expiry is
that of the lot that expires first, their volume one: what everybody can read of them does not tell
one lot from another. In which order they are given out is drawn too, and is sealed.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import connections
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from randomization.release import Verdict
from randomization.sealed.models import BagContent, Lot
from randomization.sealed.product import Known, all_known
from trial.access.exceptions import Refused
from trial.access.models import Site
from trial.audit.context import SEALED_DB_ALIAS, Actor, transaction
from trial.protocol import registry
from visits import bag_numbers
from visits.custody import State
from visits.models import Bag, BagMovement, Shipment

USABLE = ("released", "conditional")
MOST_BAGS = 500
RANDOM = secrets.SystemRandom()


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is packed: how many bags of which lot, and what is the same for all of them."""

    site: Site
    bags: Mapping[int, int]  # by lot
    volume_ml: Decimal
    cells: Decimal
    storage_low: Decimal
    storage_high: Decimal


def pack(*, parcel: Parcel, by: Actor) -> Shipment:
    """Pack a shipment for a site.

    Raises Refused for a lot that is not released, fails a test, has expired, has bags of another
    volume or other cells than the label claims, and for a shipment without bags of every kind.
    """
    with transaction(by=by, using=SEALED_DB_ALIAS):
        lots = _lots(parcel)
        # One shipment is numbered at a time.
        with connections[SEALED_DB_ALIAS].cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(7114023)")
        shipment = _shipment(parcel, lots, by)
        contents = [lot for lot in lots for _n in range(parcel.bags[lot.pk])]
        turns = list(range(1, len(contents) + 1))
        RANDOM.shuffle(turns)
        RANDOM.shuffle(contents)
        bags = _bags(shipment, len(contents))
        Bag.objects.using(SEALED_DB_ALIAS).bulk_create(bags)
        BagContent.objects.bulk_create(
            BagContent(bag_id=bag.pk, lot=lot, turn=turn)
            for bag, lot, turn in zip(bags, contents, turns, strict=True)
        )
        _note(bags, by)
        return shipment


def _lots(parcel: Parcel) -> list[Lot]:
    wanted = {pk: count for pk, count in parcel.bags.items() if count}
    total = sum(wanted.values())
    if not 0 < total <= MOST_BAGS or min(wanted.values()) < 0:
        words = {"most": MOST_BAGS}
        raise Refused({"bags": [_("A shipment has between 1 and %(most)s bags.") % words]})
    lots = list(Lot.objects.select_related("donor").filter(pk__in=wanted).order_by("pk"))
    for one in all_known(lots):
        against = _against(one, parcel)
        if against is not None:
            raise Refused({"bags": [against]})
        _require_claim(one.lot, parcel.cells)
    if len(lots) != len(wanted):
        raise Refused({"bags": [_("There is no such lot.")]})
    if {lot.arm for lot in lots} != set(registry.latest().product.made_of):
        raise Refused({"bags": [_("A shipment holds bags of every kind.")]})
    return lots


def _against(known: Known, parcel: Parcel) -> str | None:
    """Why no bag of this lot may be packed."""
    lot = known.lot
    if lot.disposition not in USABLE:
        return _("Lot %s is not released.") % lot.number
    if known.verdict is Verdict.FAIL:  # a result has come, or was corrected, after the release
        return _("Lot %s: a result is outside the specification.") % lot.number
    if lot.expires_at <= timezone.now():
        return _("Lot %s has expired.") % lot.number
    if lot.bag_volume_ml not in (None, parcel.volume_ml):
        return _("Lot %s has bags of another volume.") % lot.number
    return None


def _require_claim(lot: Lot, claim: Decimal) -> None:
    """A label that claims other cells than the lot's bags hold would shift every volume that is
    ordered by it. Raises Refused; a lot without cells, or whose cells are not recorded, has none to
    compare with."""
    if not lot.viable_cells:
        return
    tolerance = registry.latest().dosing.tolerance_warning_percent
    if abs(lot.viable_cells - claim) * 100 > tolerance * lot.viable_cells:
        cells = f"{lot.viable_cells.normalize():f}"
        words = {"lot": lot.number, "cells": cells, "percent": tolerance}
        message = _(
            "Lot %(lot)s has %(cells)s × 10⁶ viable cells in a bag: more than %(percent)s %% from "
            "this claim."
        )
        raise Refused({"cells": [message % words]})


def _shipment(parcel: Parcel, lots: Sequence[Lot], by: Actor) -> Shipment:
    rows = Shipment.objects.using(SEALED_DB_ALIAS)
    last = rows.aggregate(Max("number"))["number__max"] or 0
    shipment: Shipment = rows.create(
        site_id=parcel.site.pk,
        number=last + 1,
        expires_at=min(lot.expires_at for lot in lots),
        volume_ml=parcel.volume_ml,
        cells=parcel.cells,
        storage_low=parcel.storage_low,
        storage_high=parcel.storage_high,
        packed_at=timezone.now(),
        packed_by=by.name,
    )
    return shipment


def _bags(shipment: Shipment, count: int) -> list[Bag]:
    taken = set(Bag.objects.using(SEALED_DB_ALIAS).values_list("number", flat=True))
    numbers = bag_numbers.draw(count, taken, RANDOM.randrange)
    return [
        Bag(
            number=number,
            shipment=shipment,
            site_id=shipment.site_id,
            position=place,
            expires_at=shipment.expires_at,
            state=State.RELEASED,
        )
        for place, number in enumerate(numbers, start=1)
    ]


def _note(bags: Sequence[Bag], by: Actor) -> None:
    """The first line of each bag's ledger: its lot was released before it was packed."""
    now = timezone.now()
    BagMovement.objects.using(SEALED_DB_ALIAS).bulk_create(
        BagMovement(
            bag=bag, number=bag.version, event="release", state=State.RELEASED, at=now,
            by=by.name, by_id=by.id, site_id=bag.site_id,
        )
        for bag in bags
    )  # fmt: skip
