"""Lots as the pharmacist makes them: recorded, tested, released with a signature."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from randomization.release import Disposition
from randomization.sealed import lots
from randomization.sealed.disposing import Decision, Signer, dispose
from randomization.sealed.lots import Certificate, NewResult
from randomization.sealed.models import Donor, Lot, LotDisposition
from randomization.sealed.packing import Parcel, pack
from tests.factories import study
from trial.access.models import Site, User
from trial.audit.context import Actor
from visits.models import Shipment

NUMBERS = {
    "VIAB": "96", "CD73": "99", "CD90": "99", "CD105": "98", "CD34": "0.2", "CD45": "0.1",
    "CD14": "0.3", "CD19": "0.1", "HLADR": "0.5", "ENDOTOXIN": "0.1",
}  # fmt: skip
CHOICES = {
    "STERILITY": "negative", "MYCOPLASMA": "negative", "KARYOTYPE": "normal",
    "APPEARANCE": "as_described",
}  # fmt: skip
GOOD: Mapping[str, NewResult] = {
    code: NewResult(value=Decimal(value), tested_on=date(2026, 3, 1))
    for code, value in NUMBERS.items()
} | {code: NewResult(choice=value, tested_on=date(2026, 3, 1)) for code, value in CHOICES.items()}
CERTIFICATE = Certificate.of("coa.pdf", b"certificate")


def donor(code: str = "D-001", **values: Any) -> Donor:
    given = {"screening": "negative", "file_reference": "F 17"} | values
    return lots.record_donor(values={"code": code, **given}, by=study.SETUP)


def quarantined(
    number: str = "L-001", arm: str = "A", *, of: Donor | None = None, **values: Any
) -> Lot:
    """A lot as it is first recorded, with its certificate."""
    now = datetime.now(UTC)
    given: dict[str, Any] = {
        "number": number,
        "arm": arm,
        "donor": of,
        "passage": 4,
        "manufactured_at": now - timedelta(days=3),
        "expires_at": now + timedelta(days=365),
        "bag_volume_ml": Decimal(50),
        "total_cells": Decimal(33),
        "viable_cells": Decimal(31),
    } | values
    return lots.record_lot(values=given, certificate=CERTIFICATE, by=study.SETUP)


def with_results(lot: Lot, **changes: NewResult) -> Lot:
    """With every result, good unless said otherwise."""
    lots.record_tests(lot=lot, results={**GOOD, **changes}, by=study.SETUP)
    return lot


def signer(user: User, password: str = study.PASSWORD) -> Signer:
    return Signer(user, user.username, password)


def decided(
    lot: Lot, user: User, disposition: str = "released", reason: str = "batch record", **more: Any
) -> LotDisposition:
    decision = Decision(Disposition(disposition), reason, **more)
    by = Actor.of(user, role="pharmacist")
    return dispose(lot=lot, decision=decision, signer=signer(user), by=by)


def released(user: User, number: str = "L-001", arm: str = "A", of: Donor | None = None) -> Lot:
    """A lot that may be packed."""
    lot = with_results(quarantined(number, arm, of=of))
    decided(lot, user)
    return Lot.objects.get(pk=lot.pk)


def parcel(site: Site, bags: Mapping[int, int], **changes: Any) -> Parcel:
    given: dict[str, Any] = {
        "volume_ml": Decimal(50), "cells": Decimal(31), "storage_low": Decimal(2),
        "storage_high": Decimal(8),
    } | changes  # fmt: skip
    return Parcel(site=site, bags=bags, **given)


def packed(user: User, site: Site, *, cells: int = 2, placebo: int = 2, mark: str = "") -> Shipment:
    """A shipment of two released lots, "L-A" of a donor and "L-B"."""
    mine = donor(f"D{mark or '-001'}")
    bags = {
        released(user, f"L-A{mark}", "A", mine).pk: cells,
        released(user, f"L-B{mark}", "B").pk: placebo,
    }
    return pack(parcel=parcel(site, bags), by=Actor.of(user, role="pharmacist", site=site.code))
