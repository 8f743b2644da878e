"""Permuted blocks of randomly varying sizes, per stratum (clinical rules §9).

Pure. The list follows from seed, algorithm version and design bit by bit, so that it can be made
again and compared. A block holds every arm in its ratio; its size is drawn from `sizes`, so that
nobody who counts can tell where it ends.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from randomization.drbg import Stream

ALGORITHM = "permuted-blocks-1"


class DesignError(ValueError):
    """The design can't be carried out; the message says why."""


@dataclass(frozen=True, slots=True)
class Design:
    """`arms` with their whole-number `ratio`; `sizes` are block sizes to draw from;
    `per_stratum` is how many slots each stratum gets at least (the last block is completed).
    `first` is the number that each stratum's first slot has, where an earlier list was used."""

    arms: tuple[str, ...]
    ratio: tuple[int, ...]
    sizes: tuple[int, ...]
    strata: tuple[str, ...]
    per_stratum: int
    first: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for wrong, why in (
            (len(self.arms) < 2 or len(set(self.arms)) != len(self.arms), "two or more arms"),
            (len(self.ratio) != len(self.arms), "one share for each arm"),
            (any(share < 1 for share in self.ratio), "shares of at least 1"),
            (not self.sizes or len(set(self.sizes)) != len(self.sizes), "different block sizes"),
            (any(s < 1 or s % sum(self.ratio) for s in self.sizes), "sizes that fit the ratio"),
            (not self.strata or len(set(self.strata)) != len(self.strata), "different strata"),
            (self.per_stratum < 1, "at least one slot per stratum"),
            (self.first and len(self.first) != len(self.strata), "one first number per stratum"),
            (any(number < 1 for number in self.first), "first numbers of at least 1"),
        ):
            if wrong:
                raise DesignError(f"The design needs {why}.")


@dataclass(frozen=True, slots=True)
class Slot:
    """One place of the list: `number` counts within its stratum."""

    stratum: str
    number: int
    block: int
    arm: str


def generate(design: Design, seed: bytes) -> list[Slot]:
    """The whole list, stratum by stratum in the design's order."""
    return [slot for stratum in design.strata for slot in of_stratum(design, seed, stratum)]


def of_stratum(design: Design, seed: bytes, stratum: str) -> Iterator[Slot]:
    """The slots of one stratum, in order; they are drawn as they are asked for."""
    stream = Stream(seed, f"{ALGORITHM}\x1f{stratum}")
    first = design.first[design.strata.index(stratum)] if design.first else 1
    number = first
    for block in count(1):
        if number - first >= design.per_stratum:
            return
        for arm in _block(design, stream):
            yield Slot(stratum, number, block, arm)
            number += 1


def _block(design: Design, stream: Stream) -> Sequence[str]:
    size = design.sizes[stream.below(len(design.sizes))]
    times = size // sum(design.ratio)
    arms = [
        arm
        for arm, share in zip(design.arms, design.ratio, strict=True)
        for _ in range(share * times)
    ]
    stream.shuffle(arms)
    return arms
