"""Minimisation after Pocock and Simon (Biometrics 1975;31:103-115), clinical rules §9.

Pure. For each arm: how far apart would the arms be at the participant's levels, if the participant
got it? The arm that leaves them closest is taken with probability `p`, the others share the rest;
a tie is drawn evenly. The draw comes from outside, so that the decision can be replayed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from randomization.blocks import Slot
from randomization.drbg import Stream

ALGORITHM = "pocock-simon-range-1"
EVERYWHERE = "all"  # the one stratum of a minimisation: its factors do the balancing
PARTS = 10_000  # a draw is one of so many


@dataclass(frozen=True, slots=True)
class Scheme:
    """`weights` by factor; `preferred` is the probability of the best arm, 1/arms to 1."""

    arms: tuple[str, ...]
    weights: Mapping[str, int]
    preferred: Fraction = Fraction(4, 5)

    def __post_init__(self) -> None:
        if len(self.arms) < 2 or len(set(self.arms)) != len(self.arms):
            raise ValueError("Minimisation needs two or more different arms.")
        if not self.weights or any(weight < 1 for weight in self.weights.values()):
            raise ValueError("Minimisation needs factors with weights of at least 1.")
        if not Fraction(1, len(self.arms)) <= self.preferred <= 1:
            raise ValueError("The preferred arm's probability lies outside 1/arms to 1.")


# How many participants each arm has at (factor, level).
Totals = Mapping[tuple[str, str], Mapping[str, int]]


def imbalance(scheme: Scheme, totals: Totals, levels: Mapping[str, str], arm: str) -> int:
    """G of the paper, with the range as distance, if `arm` were given at `levels`."""
    total = 0
    for factor, weight in scheme.weights.items():
        here = totals.get((factor, levels[factor]), {})
        counts = [here.get(each, 0) + (each == arm) for each in scheme.arms]
        total += weight * (max(counts) - min(counts))
    return total


def probabilities(scheme: Scheme, totals: Totals, levels: Mapping[str, str]) -> dict[str, Fraction]:
    """With which probability each arm is given."""
    distance = {arm: imbalance(scheme, totals, levels, arm) for arm in scheme.arms}
    best = [arm for arm in scheme.arms if distance[arm] == min(distance.values())]
    others = len(scheme.arms) - len(best)
    if not others:
        return dict.fromkeys(scheme.arms, Fraction(1, len(scheme.arms)))
    rest = (1 - scheme.preferred) / (len(scheme.arms) - 1)
    share = (1 - rest * others) / len(best)
    return {arm: share if arm in best else rest for arm in scheme.arms}


def choose(scheme: Scheme, totals: Totals, levels: Mapping[str, str], stream: Stream) -> str:
    """The arm that the next number of `stream` gives."""
    return decide(scheme, totals, levels, stream.below(PARTS))


def decide(scheme: Scheme, totals: Totals, levels: Mapping[str, str], draw: int) -> str:
    """The arm that `draw`, a number from 0 to PARTS - 1, gives."""
    edges: Sequence[tuple[str, Fraction]] = list(probabilities(scheme, totals, levels).items())
    reached = Fraction(0)
    for arm, share in edges:
        reached += share
        if Fraction(draw, PARTS) < reached:
            return arm
    return edges[-1][0]


def drawn(seed: bytes, slots: int, *, first: int = 1) -> list[Slot]:
    """The random element of each of `slots` decisions, drawn in advance (F-020)."""
    stream = Stream(seed, ALGORITHM)
    return [Slot(EVERYWHERE, first + n, 0, str(stream.below(PARTS))) for n in range(slots)]


class Counts:
    """How many participants each arm has at each level, kept while they come in."""

    def __init__(self) -> None:
        self.totals: dict[tuple[str, str], dict[str, int]] = {}

    def add(self, levels: Mapping[str, str], arm: str) -> None:
        """One more participant."""
        for pair in levels.items():
            here = self.totals.setdefault(pair, {})
            here[arm] = here.get(arm, 0) + 1
