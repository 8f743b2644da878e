"""Trying a scheme before go-live: how balanced it stays, how well somebody who counts can guess.

Pure. Many lists are made from fresh streams of one seed; on each, participants come in to strata at
random and a guesser who sees all earlier arms bets on the one given less often so far (Blackwell
and Hodges 1957). 50 % right is no better than a coin in a trial of two equal arms.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from randomization.blocks import Design, Slot, generate
from randomization.drbg import Stream


@dataclass(frozen=True, slots=True)
class Outcome:
    """Over all runs: the largest difference between arms within a stratum and over all, how often
    each final difference came, and the share of right guesses."""

    runs: int
    worst_in_stratum: int
    worst_overall: int
    final_differences: Counter[int]
    guessed_right: Fraction
    first_arm: Counter[str]


def simulate(design: Design, *, participants: int, runs: int, seed: bytes) -> Outcome:
    """Run `runs` trials of `participants` each."""
    stream = Stream(seed, "simulation")
    worst_in = worst_all = right = 0
    finals: Counter[int] = Counter()
    first: Counter[str] = Counter()
    for _ in range(runs):
        own_seed = b"".join(stream.below(256).to_bytes(1, "big") for _ in range(32))
        trial = _arrivals(design, generate(design, own_seed), participants, stream)
        first[trial[0].arm] += 1
        found = _follow(design.arms, trial, stream)
        worst_in, worst_all = max(worst_in, found[0]), max(worst_all, found[1])
        finals[found[2]] += 1
        right += found[3]
    share = Fraction(right, participants * runs)
    return Outcome(runs, worst_in, worst_all, finals, share, first)


def _arrivals(
    design: Design, slots: Sequence[Slot], participants: int, stream: Stream
) -> list[Slot]:
    """The slots in the order in which participants of random strata take them."""
    queues = {name: [s for s in slots if s.stratum == name] for name in design.strata}
    taken: Counter[str] = Counter()
    found: list[Slot] = []
    while len(found) < participants:
        open_strata = [name for name in design.strata if taken[name] < len(queues[name])]
        if not open_strata:
            raise ValueError("The list has fewer slots than participants are simulated.")
        name = open_strata[stream.below(len(open_strata))]
        found.append(queues[name][taken[name]])
        taken[name] += 1
    return found


def _follow(
    arms: Sequence[str], trial: Sequence[Slot], stream: Stream
) -> tuple[int, int, int, int]:
    """(worst within a stratum, worst over all, difference at the end, right guesses)."""
    here: dict[str, Counter[str]] = {}
    everywhere: Counter[str] = Counter()
    worst_in = worst_all = right = 0
    for slot in trial:
        counts = here.setdefault(slot.stratum, Counter())
        least = min(counts[arm] for arm in arms)
        bets = [arm for arm in arms if counts[arm] == least]
        right += bets[stream.below(len(bets))] == slot.arm
        counts[slot.arm] += 1
        everywhere[slot.arm] += 1
        worst_in = max(worst_in, _spread(arms, counts))
        worst_all = max(worst_all, _spread(arms, everywhere))
    return worst_in, worst_all, _spread(arms, everywhere), right


def _spread(arms: Sequence[str], counts: Counter[str]) -> int:
    numbers = [counts[arm] for arm in arms]
    return max(numbers) - min(numbers)
