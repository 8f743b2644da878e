"""Regimens, days and amounts from text."""

from datetime import date
from decimal import Decimal
from typing import Any

from patients.regimens import Regimen
from patients.steroids import Amount
from trial.protocol.partial import parse
from trial.protocol.therapy import Steroid


def known(value: Decimal | int | None) -> Any:
    """A number that is there."""
    assert value is not None
    return value


def day(text):
    return date.fromisoformat(text)


def regimen(mg, start, stop=None, drug=Steroid.PREDNISOLONE):
    """A regimen from text: no dose or date is "", one that goes on stops "ongoing"."""
    return Regimen(
        drug,
        Decimal(mg) if mg else None,
        parse(start) if start else None,
        parse(stop) if stop and stop != "ongoing" else None,
        ongoing=stop == "ongoing",
    )


def amount(low, high="", *missing):
    return Amount(Decimal(low), Decimal(high or low), missing)


# The combination regimen of AASLD (§7.2): weeks 1 to 4 at 30, 20, 15, 15 mg, then 10.
TAPER = [
    regimen("30", "2024-01-01", "2024-01-07"),
    regimen("20", "2024-01-08", "2024-01-14"),
    regimen("15", "2024-01-15", "2024-01-28"),
    regimen("10", "2024-01-29", "ongoing"),
]
