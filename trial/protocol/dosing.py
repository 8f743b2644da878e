"""Arms and dosing as data; clinical rules §1.3 and §1.4, every figure to be confirmed."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from trial.protocol.label import Label

Masking = Literal["double_blind", "participant_blind", "open"]


@dataclass(frozen=True, slots=True)
class Arm:
    """A treatment arm of the study; who is in which arm is known to no module here."""

    code: str
    name: Label
    allocation: int = 1  # weight in the allocation ratio


@dataclass(frozen=True, slots=True)
class DosingParameters:
    """The infusions: doses in 10^6 viable cells per kg, tolerances in per cent of the order."""

    dose_per_kg: Decimal = Decimal("0.5")
    dose_per_kg_low: Decimal = Decimal("0.5")
    dose_per_kg_high: Decimal = Decimal("1.0")
    infusion_weeks: tuple[int, ...] = (0, 4, 8)
    optional_infusion_weeks: tuple[int, ...] = (12,)
    weight_max_age_days: int = 7
    tolerance_warning_percent: Decimal = Decimal(10)
    tolerance_deviation_percent: Decimal = Decimal(20)
    masking: Masking = "double_blind"
