"""Converting between the units of an analyte, exactly; clinical rules §2.3 and §6.1."""

from decimal import Decimal

from trial.protocol.analytes import Analyte, Unit

# MELD's published divisors; the dictionary's own factors (17.104, 88.42) are more exact, but
# every published MELD example was computed with these.
_CONVENTIONAL = {
    "BILI": ("mg/dL", Decimal("17.1")),
    "CREAT": ("mg/dL", Decimal("88.4")),
    "ALB": ("g/dL", Decimal(10)),
}


class UnknownUnit(LookupError):  # noqa: N818
    """The analyte is not reported in this unit."""

    def __init__(self, analyte: str, unit: str) -> None:
        super().__init__(f"{analyte} has no unit {unit!r}")
        self.analyte = analyte
        self.unit = unit


def unit_of(analyte: Analyte, code: str) -> Unit:
    """Return the analyte's unit with this code; UnknownUnit if it has none."""
    for unit in analyte.units:
        if unit.code == code:
            return unit
    raise UnknownUnit(analyte.code, code)


def convert(analyte: Analyte, value: Decimal, unit: str) -> Decimal:
    """Return ``value``, given in ``unit``, in the analyte's canonical unit; not rounded."""
    return value * unit_of(analyte, unit).factor


def from_canonical(analyte: Analyte, value: Decimal, unit: str) -> Decimal:
    """Return a canonical ``value`` in ``unit``, to the 28 digits of the decimal context."""
    return value / unit_of(analyte, unit).factor


def conventional(analyte: Analyte, value: Decimal, unit: str) -> Decimal:
    """Return ``value`` in the unit MELD is defined in (mg/dL, g/dL; INR and sodium as they are).

    A value entered in that unit is used as it is, without a round trip through the SI unit.
    """
    target, divisor = _CONVENTIONAL.get(analyte.code, (unit, Decimal(1)))
    return value if unit == target else convert(analyte, value, unit) / divisor
