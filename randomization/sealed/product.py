"""Reading about lots: their results, the verdict on each, the record that is signed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

from django.db.models import QuerySet

from randomization.release import (
    FOR_USE,
    Finding,
    Result,
    Verdict,
    digest,
    endotoxin_per_kg,
    find,
    overall,
)
from randomization.sealed.models import Lot, LotDisposition, LotTest
from trial.protocol import registry
from trial.protocol.product import Made, ProductParameters

# What is signed of a lot: all but its disposition, which the signature makes, and bookkeeping.
SIGNED = (
    *("number", "arm", "expires_at", "donor_id", "protocol_version", "master_bank"),
    *("working_bank", "culture_medium", "passage", "harvested_on", "manufactured_at"),
    *("formulation", "anticoagulant", "anticoagulant_amount", "bag_material", "bag_volume_ml"),
    *("total_cells", "viable_cells", "coa_name", "coa_sha256"),
)


def specification(lot: Lot) -> ProductParameters:
    """The specification that the lot has to fulfil."""
    return registry.get(lot.protocol_version).product


def made_of(lot: Lot) -> Made:
    """What the lot is made of."""
    return specification(lot).made_of[lot.arm]


def newest(lots: Iterable[Lot]) -> dict[int, dict[str, LotTest]]:
    """The newest result of each test, by lot and test; one statement."""
    found: dict[int, dict[str, LotTest]] = {lot.pk: {} for lot in lots}
    rows = LotTest.objects.filter(lot__in=found).order_by("lot_id", "code", "-number")
    for row in rows.distinct("lot_id", "code"):
        found[row.lot_id][row.code] = row
    return found


def tests_mark(tests: Mapping[str, LotTest]) -> str:
    """Another text as soon as a result was added: each has its place in the order of its test."""
    return ",".join(f"{code}:{one.number}" for code, one in sorted(tests.items())) or "none"


@dataclass(frozen=True, slots=True)
class Known:
    """A lot with all that its verdict rests on."""

    lot: Lot
    tests: Mapping[str, LotTest]
    findings: list[Finding] = field(init=False)

    def __post_init__(self) -> None:
        results = _results(self.lot, self.tests)
        object.__setattr__(
            self, "findings", find(specification(self.lot), made_of(self.lot), results)
        )

    @property
    def verdict(self) -> Verdict:
        """Of the lot as a whole."""
        return overall(self.findings)

    @property
    def record(self) -> dict[str, object]:
        """The lot and its newest results as plain JSON: what a disposition signs."""
        lot = {name: _plain(getattr(self.lot, name)) for name in SIGNED}
        results = [
            [one.code, one.number, _plain(one.value), one.choice, _plain(one.tested_on)]
            for _code, one in sorted(self.tests.items())
        ]
        return {"lot": lot, "results": results, "donor": _donor(self.lot)}

    @property
    def mark(self) -> str:
        """Tells whether what is decided about is what was shown."""
        return digest({"disposition": self.lot.disposition}, self.record)


def _results(lot: Lot, tests: Mapping[str, LotTest]) -> dict[str, Result]:
    parameters = specification(lot)
    found: dict[str, Result] = {
        code: one.value if one.value is not None else one.choice or None
        for code, one in tests.items()
    }
    endotoxin = tests["ENDOTOXIN"].value if "ENDOTOXIN" in tests else None
    found["ENDOKG"] = endotoxin_per_kg(endotoxin, lot.bag_volume_ml, parameters.endotoxin_weight_kg)
    found["DONOR"] = (lot.donor.screening or None) if lot.donor else None
    found["PASSAGE"] = None if lot.passage is None else Decimal(lot.passage)
    return found


def _donor(lot: Lot) -> list[object] | None:
    one = lot.donor
    return [one.code, one.screening, one.file_reference] if one else None


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value


def known(lot: Lot) -> Known:
    """The lot with its results. The lot comes with its donor."""
    return Known(lot, newest([lot])[lot.pk])


def all_known(lots: Iterable[Lot]) -> list[Known]:
    """The same of several lots, in their order."""
    listed = list(lots)
    tests = newest(listed)
    return [Known(lot, tests[lot.pk]) for lot in listed]


def lots() -> QuerySet[Lot]:
    """All lots with their donors, newest first."""
    return Lot.objects.select_related("donor")


def for_packing(now: datetime) -> QuerySet[Lot]:
    """Lots that may be packed: released, also on condition, and not expired."""
    return lots().filter(disposition__in=list(FOR_USE), expires_at__gt=now)


def unchanged(decision: LotDisposition, lot: Known) -> bool:
    """Whether the lot still is what was signed."""
    return bool(decision.record == lot.record)


def intact(decision: LotDisposition) -> bool:
    """Whether the signature's hash is that of what it says it covers."""
    return bool(digest(decision.head, decision.record) == decision.sha256)
