"""What results that may be missing or censored say of a limit; None is "unknown"."""

from decimal import Decimal

from labs.series import Observation
from trial.protocol.truth import Truth, negate


def at_most(observation: Observation | None, limit: Decimal | None) -> Truth:
    """Whether the true value is <= limit; exactly at the limit counts as at most.

    A censored result decides only where every value it allows gives the same answer.
    """
    if observation is None or limit is None:
        return None
    value = observation.value
    match observation.comparator:
        case "":
            return value <= limit
        case "<" | "<=":
            return True if value <= limit else None
        case ">":
            return False if value >= limit else None
        case ">=":
            return False if value > limit else None
    raise ValueError(f"unknown comparator {observation.comparator!r}")


def above(observation: Observation | None, limit: Decimal | None) -> Truth:
    """Whether the true value is > limit, in canonical units."""
    return negate(at_most(observation, limit))


def upper_limit(observation: Observation | None, multiple: Decimal = Decimal(1)) -> Decimal | None:
    """`multiple` times the upper limit of normal; None where the report carries no usable one."""
    upper = None if observation is None else observation.upper
    if upper is None or not upper.is_finite() or upper <= 0:
        return None
    return upper * multiple


def within_normal(observation: Observation | None) -> Truth:
    """Whether the value is <= the reporting laboratory's upper limit."""
    return at_most(observation, upper_limit(observation))


def exceeds(observation: Observation | None, multiple: Decimal = Decimal(1)) -> Truth:
    """Whether the value is > `multiple` times the reporting laboratory's upper limit."""
    return above(observation, upper_limit(observation, multiple))


def fallen_to(
    observation: Observation | None, fraction: Decimal, baseline: Observation | None
) -> Truth:
    """Whether the value is <= fraction x baseline; a censored baseline decides only when it can.

    A baseline "<5" has no lower end, so nothing is known to be half of it; a baseline ">1000"
    has no upper end, so nothing is known to be more than half of it.
    """
    if baseline is None:
        return None
    reached = at_most(observation, baseline.value * fraction)
    match baseline.comparator:
        case "":
            return reached
        case "<" | "<=":
            return False if reached is False else None
        case ">" | ">=":
            return True if reached is True else None
    raise ValueError(f"unknown comparator {baseline.comparator!r}")
