"""Trying a scheme before go-live: how balanced it stays, how well somebody who counts can guess.

Pure. Many trials are made from fresh streams of one seed; in each, participants come in to strata
at random and a guesser who sees all earlier arms bets: with blocks on the arm given less often in
the stratum so far (Blackwell and Hodges 1957), with minimisation on the arm that it prefers.
50 % right is no better than a coin in a trial of two equal arms.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from randomization.blocks import Design, Slot, of_stratum
from randomization.drbg import SEED_BYTES, Stream
from randomization.minimisation import Counts, Scheme, choose, probabilities


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


@dataclass(frozen=True, slots=True)
class Step:
    """One participant of a simulated trial: where, what was given, what would have been bet."""

    stratum: str
    arm: str
    bet: str


Trial = Callable[[Stream], Sequence[Step]]


def simulate(design: Design, *, participants: int, runs: int, seed: bytes) -> Outcome:
    """Run `runs` trials of `participants` each on lists of permuted blocks.

    Raises ValueError where the list has fewer slots than participants.
    """
    return _run(lambda stream: _blocks_trial(design, participants, stream), design.arms, runs, seed)


def simulate_minimisation(
    scheme: Scheme,
    profiles: Mapping[str, Mapping[str, str]],
    *,
    participants: int,
    runs: int,
    seed: bytes,
) -> Outcome:
    """The same with minimisation; `profiles` are the levels of each stratum."""
    return _run(
        lambda stream: _minimised_trial(scheme, profiles, participants, stream),
        scheme.arms,
        runs,
        seed,
    )


def _run(trial: Trial, arms: Sequence[str], runs: int, seed: bytes) -> Outcome:
    stream = Stream(seed, "simulation")
    worst_in = worst_all = right = bets = 0
    finals: Counter[int] = Counter()
    first: Counter[str] = Counter()
    for _ in range(runs):
        steps = trial(stream)
        first[steps[0].arm] += 1
        right += sum(step.bet == step.arm for step in steps)
        bets += len(steps)
        found = _balance(arms, steps)
        worst_in, worst_all = max(worst_in, found[0]), max(worst_all, found[1])
        finals[found[2]] += 1
    return Outcome(runs, worst_in, worst_all, finals, Fraction(right, bets), first)


def _blocks_trial(design: Design, participants: int, stream: Stream) -> list[Step]:
    steps: list[Step] = []
    here: dict[str, Counter[str]] = {name: Counter() for name in design.strata}
    for slot in _arrivals(design, participants, stream):
        counts = here[slot.stratum]
        least = min(counts[arm] for arm in design.arms)
        bet = _any([arm for arm in design.arms if counts[arm] == least], stream)
        steps.append(Step(slot.stratum, slot.arm, bet))
        counts[slot.arm] += 1
    return steps


def _arrivals(design: Design, participants: int, stream: Stream) -> list[Slot]:
    """The slots in the order in which participants of random strata take them."""
    seed = b"".join(stream.below(256).to_bytes(1, "big") for _ in range(SEED_BYTES))
    queues = {name: of_stratum(design, seed, name) for name in design.strata}
    found: list[Slot] = []
    while len(found) < participants:
        if not queues:
            raise ValueError("The list has fewer slots than participants are simulated.")
        name = _any(list(queues), stream)
        slot = next(queues[name], None)
        if slot is None:
            del queues[name]
        else:
            found.append(slot)
    return found


def _minimised_trial(
    scheme: Scheme, profiles: Mapping[str, Mapping[str, str]], participants: int, stream: Stream
) -> list[Step]:
    counts, steps = Counts(), []
    for _ in range(participants):
        name = _any(list(profiles), stream)
        wanted = probabilities(scheme, counts.totals, profiles[name])
        likeliest = max(wanted.values())
        bet = _any([arm for arm, share in wanted.items() if share == likeliest], stream)
        arm = choose(scheme, counts.totals, profiles[name], stream)
        counts.add(profiles[name], arm)
        steps.append(Step(name, arm, bet))
    return steps


def _any(names: Sequence[str], stream: Stream) -> str:
    return names[stream.below(len(names))]


def _balance(arms: Sequence[str], steps: Sequence[Step]) -> tuple[int, int, int]:
    """(worst within a stratum, worst over all, difference at the end)."""
    here: dict[str, Counter[str]] = {}
    everywhere: Counter[str] = Counter()
    worst_in = worst_all = 0
    for step in steps:
        counts = here.setdefault(step.stratum, Counter())
        counts[step.arm] += 1
        everywhere[step.arm] += 1
        worst_in = max(worst_in, _spread(arms, counts))
        worst_all = max(worst_all, _spread(arms, everywhere))
    return worst_in, worst_all, _spread(arms, everywhere)


def _spread(arms: Sequence[str], counts: Counter[str]) -> int:
    numbers = [counts[arm] for arm in arms]
    return max(numbers) - min(numbers)
