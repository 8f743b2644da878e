"""What a number on the infusion form can be at all: beyond it, it was mistyped. Pure."""

from collections.abc import Mapping
from decimal import Decimal

LIMITS: Mapping[str, tuple[Decimal, Decimal]] = {
    "heart_rate": (Decimal(20), Decimal(300)),
    "systolic": (Decimal(30), Decimal(300)),
    "diastolic": (Decimal(10), Decimal(200)),
    "respiration": (Decimal(2), Decimal(80)),
    "oxygen": (Decimal(20), Decimal(100)),
    "temperature": (Decimal(30), Decimal(45)),
    "rate_ml_h": (Decimal(0), Decimal(999)),
    "prepared_cells": (Decimal("0.1"), Decimal(2000)),
    "prepared_ml": (Decimal("0.1"), Decimal(1000)),
    "given_ml": (Decimal(0), Decimal(1000)),
    "residual_ml": (Decimal(0), Decimal(1000)),
    "flush_ml": (Decimal(0), Decimal(500)),
    "grade": (Decimal(1), Decimal(5)),
}


def beyond(field: str, value: Decimal | int | None) -> tuple[Decimal, Decimal] | None:
    """The bounds of a field that `value` lies outside of, or None."""
    bounds = LIMITS.get(field)
    if bounds is None or value is None or bounds[0] <= value <= bounds[1]:
        return None
    return bounds
