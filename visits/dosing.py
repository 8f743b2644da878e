"""The dose of an infusion: ordered, prepared, given (clinical rules §1.4 and §8.4).

Pure, and blind: a placebo bag is handled by the same figures. Doses in 10^6 viable cells, weights
in kg, volumes in mL, concentrations in 10^6 viable cells per mL; all Decimal.
"""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from trial.protocol.dosing import DosingParameters

WEIGHT_LOW, WEIGHT_HIGH = Decimal(25), Decimal(250)
_TENTH = Decimal("0.1")


class Grade(StrEnum):
    """How far a dose lies from the one ordered."""

    WITHIN = "within"
    WARNING = "warning"
    DEVIATION = "deviation"


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be given. `volume` is None while the concentration is not known."""

    cells: Decimal
    volume: Decimal | None


class WeightError(ValueError):
    """The weight can't be used; `code` is "implausible", "too_old" or "after"."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def order(
    parameters: DosingParameters, weight: Decimal, concentration: Decimal | None = None
) -> Order:
    """The dose for a weight: 62 kg at 0.5 are 31.0, of 1.0 per mL 31.0 mL (§1.4).

    Raises WeightError for a weight outside 25 to 250 kg, ValueError for a concentration not > 0.
    """
    if not WEIGHT_LOW <= weight <= WEIGHT_HIGH:
        raise WeightError("implausible")
    if concentration is not None and concentration <= 0:
        raise ValueError("A concentration lies above 0.")
    cells = weight * parameters.dose_per_kg
    volume = None if concentration is None else _rounded(cells / concentration)
    return Order(_rounded(cells), volume)


def check_weight_date(parameters: DosingParameters, weighed_on: date, infused_on: date) -> None:
    """Raises WeightError if the weight is older than the protocol allows, or of a later day."""
    age = (infused_on - weighed_on).days
    if age < 0:
        raise WeightError("after")
    if age > parameters.weight_max_age_days:
        raise WeightError("too_old")


def deviation_percent(ordered: Decimal, given: Decimal) -> Decimal:
    """By how many per cent `given` differs, negative for less; exact, not rounded."""
    if ordered <= 0:
        raise ValueError("An ordered dose lies above 0.")
    return (given - ordered) * 100 / ordered


def grade(parameters: DosingParameters, ordered: Decimal, given: Decimal) -> Grade:
    """Within the tolerance, beyond it, or a protocol deviation. On a bound is still within it."""
    distance = abs(deviation_percent(ordered, given))
    if distance > parameters.tolerance_deviation_percent:
        return Grade.DEVIATION
    return Grade.WARNING if distance > parameters.tolerance_warning_percent else Grade.WITHIN


def within_protocol(parameters: DosingParameters, weight: Decimal, cells: Decimal) -> bool:
    """Whether a dose lies within the protocol's range per kg."""
    per_kg = cells / weight
    return parameters.dose_per_kg_low <= per_kg <= parameters.dose_per_kg_high


def given_cells(prepared: Decimal, prepared_volume: Decimal, given_volume: Decimal) -> Decimal:
    """The cells that went in, from the share of the volume that did."""
    if prepared_volume <= 0 or not 0 <= given_volume <= prepared_volume:
        raise ValueError("What was given lies between nothing and what was prepared.")
    return prepared * given_volume / prepared_volume


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(_TENTH, ROUND_HALF_UP)
