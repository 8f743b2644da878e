"""When dosing pauses and when the committee reviews, from counts alone (clinical rules §10.3).

The caller counts; who is in which arm is known to no module here. The Bayesian boundary needs the
counts of one arm and belongs to the committee's unblinded report; everything else works on both
arms together.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from math import exp, lgamma, log, log1p

from trial.protocol.safety import StoppingParameters


class Trigger(StrEnum):
    """Why dosing pauses."""

    RELATED_DEATH = "related_death"
    RELATED_GRADE_4_OR_5 = "related_grade_4_or_5"
    RELATED_THROMBOEMBOLIC = "related_thromboembolic"
    CONTAMINATED_BAG = "contaminated_bag"
    RELATED_SEPSIS = "related_sepsis"
    HALTED_INFUSIONS = "halted_infusions"


@dataclass(frozen=True, slots=True)
class Counts:
    """What happened so far, in both arms together.

    `related` is "possible" or more. `halted` has, for each treated participant in the order of
    their first infusion, whether an infusion was halted. `undecided_*` are events of the kind
    whose relation is not judged yet.
    """

    related_deaths: int = 0
    related_grade_4_or_5: int = 0
    related_thromboembolic: int = 0
    contaminated_bags: int = 0
    related_sepsis: int = 0
    undecided_deaths: int = 0
    undecided_grade_4_or_5: int = 0
    undecided_thromboembolic: int = 0
    undecided_sepsis: int = 0
    halted: tuple[bool, ...] = ()


@dataclass(frozen=True, slots=True)
class Pause:
    """`reached`: dosing pauses. `possible`: it would, if what is undecided proves related."""

    reached: tuple[Trigger, ...]
    possible: tuple[Trigger, ...]


def pause(counts: Counts, parameters: StoppingParameters) -> Pause:
    """The triggers that are reached, and those that hang on a relation not judged yet.

    Raises ValueError for a negative count.
    """
    reached: list[Trigger] = []
    possible: list[Trigger] = []
    for trigger, (sure, undecided, bound) in _table(counts, parameters).items():
        if sure < 0 or undecided < 0:
            raise ValueError("A count is not negative.")
        if sure >= bound:
            reached.append(trigger)
        elif sure + undecided >= bound:
            possible.append(trigger)
    return Pause(tuple(reached), tuple(possible))


def _table(counts: Counts, parameters: StoppingParameters) -> dict[Trigger, tuple[int, int, int]]:
    """For each trigger what is sure, what is undecided, and from how many on it pauses."""
    halted = sum(counts.halted[: parameters.halted_among_first])
    deaths = (counts.related_deaths, counts.undecided_deaths)
    grades = (counts.related_grade_4_or_5, counts.undecided_grade_4_or_5)
    thromboembolic = (counts.related_thromboembolic, counts.undecided_thromboembolic)
    sepsis = (counts.related_sepsis, counts.undecided_sepsis)
    return {
        Trigger.RELATED_DEATH: (*deaths, parameters.related_deaths),
        Trigger.RELATED_GRADE_4_OR_5: (*grades, parameters.related_grade_4_or_5),
        Trigger.RELATED_THROMBOEMBOLIC: (*thromboembolic, parameters.related_thromboembolic),
        Trigger.CONTAMINATED_BAG: (counts.contaminated_bags, 0, parameters.contaminated_bags),
        Trigger.RELATED_SEPSIS: (*sepsis, parameters.related_sepsis),
        Trigger.HALTED_INFUSIONS: (halted, 0, parameters.halted_infusions),
    }


def reviews_due(participants: int, reviewed: int, parameters: StoppingParameters) -> int:
    """How many planned reviews are due and not done, of the participants there are."""
    due = sum(participants >= after for after in parameters.review_after)
    return max(0, due - reviewed)


def pause_at(treated: int, parameters: StoppingParameters) -> int | None:
    """From how many related serious events on dosing pauses; None where no count would do.

    Raises ValueError for a negative number of participants.
    """
    if treated < 0:
        raise ValueError("A number of participants is not negative.")
    for events in range(treated + 1):
        if probability_above_rate(events, treated, parameters) > float(parameters.certainty):
            return events
    return None


def probability_above_rate(events: int, treated: int, parameters: StoppingParameters) -> float:
    """The posterior probability that the rate of participants with an event lies above the limit.

    Raises ValueError unless 0 <= events <= treated.
    """
    if not 0 <= events <= treated:
        raise ValueError("Events lie between none and all treated.")
    alpha, beta = (float(part) for part in parameters.prior)
    return _upper_tail(alpha + events, beta + treated - events, float(parameters.rate))


@lru_cache(maxsize=1024)
def _upper_tail(a: float, b: float, x: float) -> float:
    """P(X > x) of Beta(a, b), by the continued fraction of the incomplete beta function."""
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
    if x < (a + 1) / (a + b + 2):  # where the fraction converges fast
        return 1 - front * _fraction(a, b, x) / a
    return front * _fraction(b, a, 1 - x) / b


def _fraction(a: float, b: float, x: float) -> float:
    """The continued fraction (DLMF 8.17.22), from its end: 200 terms are more than enough here."""
    value = 1.0
    for term in range(200, 0, -1):
        half, odd = divmod(term, 2)
        if odd:
            step = -(a + half) * (a + b + half) * x / ((a + 2 * half) * (a + 2 * half + 1))
        else:
            step = half * (b - half) * x / ((a + 2 * half - 1) * (a + 2 * half))
        value = 1 + step / value
    return 1 / value
