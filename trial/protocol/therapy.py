"""Steroids and azathioprine as data; clinical rules §7."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

ChangeDay = Literal["new_dose", "both_doses"]


class Steroid(StrEnum):
    """The corticosteroids of §7.1, given systemically."""

    PREDNISONE = "prednisone"
    PREDNISOLONE = "prednisolone"
    METHYLPREDNISOLONE = "methylprednisolone"
    HYDROCORTISONE = "hydrocortisone"
    CORTISONE = "cortisone"
    TRIAMCINOLONE = "triamcinolone"
    DEXAMETHASONE = "dexamethasone"
    BETAMETHASONE = "betamethasone"
    DEFLAZACORT = "deflazacort"
    BUDESONIDE = "budesonide"


class Immunosuppressant(StrEnum):
    """What is given beside a steroid, or in place of one; §7.2."""

    AZATHIOPRINE = "azathioprine"
    MERCAPTOPURINE = "mercaptopurine"
    MYCOPHENOLATE = "mycophenolate"


Drug = Steroid | Immunosuppressant


def _equal_to_five() -> Mapping[Steroid, Decimal | None]:
    return {
        Steroid.PREDNISONE: Decimal(5),
        Steroid.PREDNISOLONE: Decimal(5),
        Steroid.METHYLPREDNISOLONE: Decimal(4),
        Steroid.HYDROCORTISONE: Decimal(20),
        Steroid.CORTISONE: Decimal(25),
        Steroid.TRIAMCINOLONE: Decimal(4),
        Steroid.DEXAMETHASONE: Decimal("0.75"),
        Steroid.BETAMETHASONE: Decimal("0.75"),  # 0.6 to 0.75 in the sources
        Steroid.DEFLAZACORT: Decimal(6),  # to be confirmed
        Steroid.BUDESONIDE: None,  # high first pass: no equivalent
    }


@dataclass(frozen=True, slots=True)
class SteroidParameters:
    """What counts as how much prednisolone, and as little of it.

    `equal_to_five` holds the mg of each drug that equal 5 mg of prednisolone, None where there is
    no equivalent. `change_day` says whose dose counts on a day that ends one course of a drug and
    begins the next: the new one alone, or both. Raises ValueError unless every drug has its entry,
    None or above 0.
    """

    equal_to_five: Mapping[Steroid, Decimal | None] = field(default_factory=_equal_to_five)
    low_dose: Decimal = Decimal(10)  # mg of prednisolone a day, at or below
    change_day: ChangeDay = "new_dose"

    def __post_init__(self) -> None:
        table = dict(self.equal_to_five)
        if set(table) != set(Steroid):
            raise ValueError("Every steroid has its equivalent, or none.")
        if any(mg is not None and not (mg.is_finite() and mg > 0) for mg in table.values()):
            raise ValueError("An equivalent lies above 0.")
        object.__setattr__(self, "equal_to_five", MappingProxyType(table))


@dataclass(frozen=True, slots=True)
class AzathioprineParameters:
    """Limits of azathioprine: mg/kg a day, bilirubin in umol/L, cells in 10*9/L (§7.2, §7.3)."""

    warning_per_kg: Decimal = Decimal("2.5")  # warned of above
    start_bilirubin_below: Decimal = Decimal(100)
    hold_leukocytes_below: Decimal = Decimal("2.5")
    hold_platelets_below: Decimal = Decimal(50)
