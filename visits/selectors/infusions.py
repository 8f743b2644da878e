"""Reading an infusion: its rows by section, its vital signs against the plan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db import models

from trial.protocol.dosing import DosingParameters
from visits import vitals_plan
from visits.custody import Event
from visits.dosing import Order, order
from visits.infusion_alerts import Alert, Vitals, alerts
from visits.infusion_sections import Section, blank, mark_of, values_of
from visits.models import (
    Bag,
    BagMovement,
    Infusion,
    InfusionPremedication,
    InfusionRateChange,
    InfusionReaction,
    InfusionSonography,
    InfusionVitals,
    Shipment,
)
from visits.vitals_plan import BASELINE, Point, Standing


@dataclass
class Sheet:
    """Everything recorded about the infusion of a bag; `infusion` is None as long as nothing is."""

    bag: Bag
    infusion: Infusion | None = None
    rows: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    def row(self, section: Section) -> models.Model | None:
        """The stored row of a section."""
        if section.model is Infusion:
            return self.infusion
        for row in self.rows.get(section.kind, ()):
            if str(getattr(row, section.key)) == section.which:
                found: models.Model = row
                return found
        return None

    def values(self, section: Section) -> dict[str, Any]:
        """What is stored of a section."""
        return values_of(self.row(section), section.fields)

    def mark(self, section: Section) -> str:
        """The mark of what is stored."""
        return mark_of(self.values(section))

    def stored(self, section: Section) -> bool:
        """Whether anything of a section is recorded."""
        return not all(blank(value) for value in self.values(section).values())

    @property
    def started(self) -> datetime | None:
        return self.infusion.started if self.infusion else None

    @property
    def ended(self) -> datetime | None:
        return self.infusion.ended if self.infusion else None

    @cached_property
    def vitals(self) -> Mapping[str, InfusionVitals]:
        """Vital signs by point."""
        return {row.point: row for row in self.rows.get("vitals", ())}

    @property
    def baseline(self) -> Vitals | None:
        row = self.vitals.get(BASELINE)
        return signs(row) if row else None

    @cached_property
    def reactions(self) -> Mapping[str, InfusionReaction]:
        """The checklist by term."""
        return {row.term: row for row in self.rows.get("reaction", ())}


def sheet_of(bag: Bag) -> Sheet:
    """All rows about the infusion of a bag. One statement, or six."""
    infusion = Infusion.objects.filter(bag=bag).first()
    if infusion is None:
        return Sheet(bag)
    kinds: Mapping[str, type[models.Model]] = {
        "sonography": InfusionSonography,
        "vitals": InfusionVitals,
        "rate": InfusionRateChange,
        "drug": InfusionPremedication,
        "reaction": InfusionReaction,
    }
    rows = {
        kind: list(model._default_manager.filter(infusion=infusion))
        for kind, model in kinds.items()
    }
    return Sheet(bag, infusion, rows)


def verified_at(bag: Bag) -> datetime | None:
    """When two people confirmed the bag at the bedside."""
    found = BagMovement.objects.filter(bag=bag, event=Event.VERIFY)
    moment: datetime | None = found.values_list("at", flat=True).last()
    return moment


def concentration_of(shipment: Shipment) -> Decimal:
    """10^6 viable cells per mL by the label claim, the same for every bag of a shipment."""
    return shipment.cells / shipment.volume_ml


def order_of(parameters: DosingParameters, weight: Decimal, shipment: Shipment) -> Order:
    """The dose for a weight from bags of this shipment. Raises WeightError."""
    return order(parameters, weight, concentration_of(shipment))


def signs(row: InfusionVitals) -> Vitals:
    """The measured values as the alert rules know them."""
    return Vitals(row.systolic, row.oxygen, row.temperature, row.heart_rate)


@dataclass(frozen=True, slots=True)
class PointRow:
    """A point of the plan with what is recorded for it and what that tells."""

    point: Point
    row: InfusionVitals | None
    standing: Standing
    alerts: Sequence[Alert]


def point_rows(sheet: Sheet, now: datetime) -> list[PointRow]:
    """The plan as it stands at `now`. No statement."""
    found = vitals_plan.points(sheet.started, sheet.ended, now, list(sheet.vitals))
    return [_point_row(sheet, point, now) for point in found]


def _point_row(sheet: Sheet, point: Point, now: datetime) -> PointRow:
    row = sheet.vitals.get(point.code)
    standing = vitals_plan.standing(
        point,
        row.measured if row else None,
        not_done=bool(row and row.not_done),
        now=now,
    )
    told = alerts(signs(row), None if point.code == BASELINE else sheet.baseline) if row else ()
    return PointRow(point, row, standing, told)
