"""Azathioprine: the dose per kg, when it may start and when it is held (clinical rules §7.2, §7.3).

Doses in mg a day, weights in kg, bilirubin in umol/L, cells in 10*9/L; None is not known. Results
carry their comparator: platelets "<50" are below 50.
"""

from decimal import Context, Decimal
from enum import StrEnum

from patients.points import Measured
from trial.protocol.therapy import AzathioprineParameters
from trial.protocol.truth import Truth, any_true, negate

_CONTEXT = Context(prec=28)


class StartHindrance(StrEnum):
    """What stands against a start of azathioprine."""

    BILIRUBIN = "bilirubin"
    BILIRUBIN_MISSING = "bilirubin_missing"
    TPMT_MISSING = "tpmt_missing"
    NUDT15_MISSING = "nudt15_missing"


def per_kg(daily_mg: Decimal | None, weight: Decimal | None) -> Decimal | None:
    """The mg per kg a day, not rounded; None if the dose or the weight is not known.

    Raises ValueError for a dose below 0 or a weight not above 0.
    """
    if daily_mg is None or weight is None:
        return None
    if not (daily_mg.is_finite() and daily_mg >= 0 and weight.is_finite() and weight > 0):
        raise ValueError("A dose is a number from 0, a weight one above 0.")
    return _CONTEXT.divide(daily_mg, weight)


def too_high(
    daily_mg: Decimal | None, weight: Decimal | None, parameters: AzathioprineParameters
) -> Truth:
    """Whether the dose lies above the limit that is warned of, 2.5 mg/kg a day (§7.3).

    Raises ValueError as `per_kg` does.
    """
    dose = per_kg(daily_mg, weight)
    return None if dose is None else dose > parameters.warning_per_kg


def raised(before: Decimal | None, now: Decimal | None) -> Truth:
    """Whether the daily dose is more than before; 0 is not taken, None a dose not known.

    Beginning is more, whatever the dose.
    """
    if before == 0 or now == 0:
        return now != 0
    return None if before is None or now is None else now > before


def start_hindrances(
    bilirubin: Measured | None,
    *,
    tpmt_known: bool,
    nudt15_known: bool,
    parameters: AzathioprineParameters,
) -> tuple[StartHindrance, ...]:
    """What stands against a start: bilirubin from 100 umol/L, a genotype not determined (§7.2).

    A bilirubin whose comparator leaves it open ("<=100") is missing. Which genotype allows which
    dose is not for this rule.
    """
    found = []
    high = None if bilirubin is None else bilirubin.at_least(parameters.start_bilirubin_below)
    if high is None:
        found.append(StartHindrance.BILIRUBIN_MISSING)
    elif high:
        found.append(StartHindrance.BILIRUBIN)
    if not tpmt_known:
        found.append(StartHindrance.TPMT_MISSING)
    if not nudt15_known:
        found.append(StartHindrance.NUDT15_MISSING)
    return tuple(found)


def held(
    leukocytes: Measured | None, platelets: Measured | None, parameters: AzathioprineParameters
) -> Truth:
    """Whether azathioprine is to be held: leukocytes below 2.5 or platelets below 50 (§7.2).

    One that is low decides; without both counts nothing else is known.
    """
    counts = (
        (leukocytes, parameters.hold_leukocytes_below),
        (platelets, parameters.hold_platelets_below),
    )
    return any_true(*(_below(count, limit) for count, limit in counts))


def _below(count: Measured | None, limit: Decimal) -> Truth:
    return None if count is None else negate(count.at_least(limit))
