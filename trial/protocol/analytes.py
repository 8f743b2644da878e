"""What a laboratory analyte is: its units, codes, limits and default reference ranges.

The dictionary itself is in ``dictionary.py``; clinical rules §6.1.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from trial.protocol.label import Label

Sex = Literal["M", "F"]


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit a laboratory may report in: canonical value = entered value * ``factor``.

    ``code`` is the CDISC UNIT submission value where there is one; "INR" is our own code for the
    dimensionless international normalised ratio, for which CDISC leaves the unit blank.
    """

    code: str
    ucum: str
    factor: Decimal

    @property
    def display(self) -> str:
        """The unit as it is printed on a report: "µmol/L" for "umol/L", "10⁹/L" for "10^9/L"."""
        text = self.code.replace("10^9", "10⁹").replace("10^3", "10³").replace("/uL", "/µL")
        return "µ" + text[1:] if text.startswith("u") else text


@dataclass(frozen=True, slots=True)
class Limits:
    """Plausibility limits in the canonical unit; None where there is none.

    Outside soft: kept after a confirmation and a comment. Outside hard: refused.
    A value equal to a bound is inside it, save that ``hard_low_inclusive`` refuses the low bound
    itself ("≤ 0"). Below ``swap_low`` a value is inside the soft limits but so low that the
    number was probably typed in the other unit.
    """

    soft_low: Decimal | None = None
    soft_high: Decimal | None = None
    hard_low: Decimal | None = None
    hard_high: Decimal | None = None
    hard_low_inclusive: bool = False
    swap_low: Decimal | None = None


@dataclass(frozen=True, slots=True)
class DefaultRange:
    """A reference range used only where the site's laboratory has given none.

    Canonical unit; ages in completed years, both ends included; None means "any" or "open".
    """

    sex: Sex | None
    age_low: int
    age_high: int | None
    low: Decimal | None
    high: Decimal | None


@dataclass(frozen=True, slots=True)
class Analyte:
    """One laboratory test; ``code`` is the CDISC LBTESTCD and ``units[0]`` the canonical unit.

    ``loinc`` maps a unit code to the LOINC code of the test reported in that unit.
    ``decimals`` is the number of decimals shown for a canonical value.
    ``specimen`` is a CDISC SPECTYPE term, ``group`` a key of ``GROUPS``.
    """

    code: str
    name: Label
    nci_code: str
    loinc: Mapping[str, str] = field(hash=False)
    units: tuple[Unit, ...]
    limits: Limits
    default_ranges: tuple[DefaultRange, ...]
    decimals: int
    specimen: str
    group: str

    @property
    def canonical_unit(self) -> Unit:
        """The unit all rules calculate in (the SI column of clinical rules §6.1)."""
        return self.units[0]


GROUPS: Mapping[str, Label] = {
    "liver": Label("Liver enzymes and bilirubin", "肝酶与胆红素"),
    "protein": Label("Proteins and immunology", "蛋白与免疫"),
    "coagulation": Label("Coagulation", "凝血"),
    "chemistry": Label("Kidney, electrolytes and other chemistry", "肾功能、电解质及其他生化"),
    "haematology": Label("Haematology", "血液学"),
}
