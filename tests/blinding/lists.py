"""The sealed lists of the worlds: at least five drawn at random with unequal counts, one swap, one
that gives everybody the same.

Pure. A list is an arm for every slot of every stratum; who takes which slot is in the script, and
the same in every world.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

STRATA = ("01-naive", "01-treated", "02-naive", "02-treated")
SLOTS = 8  # in each stratum
REFERENCE = "random-1"
# How many of every eight slots are A: no two random lists have the same counts.
SHARES = {
    "random-1": (4, 3, 5, 4),
    "random-2": (2, 5, 4, 3),
    "random-3": (6, 5, 3, 6),
    "random-4": (3, 1, 2, 5),
    "random-5": (7, 4, 6, 5),
}
NAMES = (*SHARES, "swap", "all-A")


@dataclass(frozen=True, slots=True)
class SealedList:
    """The arms of each stratum, in the order in which they are given."""

    name: str
    arms: Mapping[str, Sequence[str]]

    def as_file(self) -> bytes:
        """As the statistician brings it."""
        lines = [
            f"{stratum},{number},{arm}"
            for stratum, given in self.arms.items()
            for number, arm in enumerate(given, start=1)
        ]
        return "\n".join(["stratum,number,arm", *lines, ""]).encode()


def sealed_list(name: str) -> SealedList:
    """The list of this name; always the same one."""
    if name == "all-A":
        return SealedList(name, {stratum: ["A"] * SLOTS for stratum in STRATA})
    if name == "swap":
        first = sealed_list(REFERENCE)
        return SealedList(
            name, {s: [_other(arm) for arm in arms] for s, arms in first.arms.items()}
        )
    draw = random.Random(name)
    found = {}
    for stratum, share in zip(STRATA, SHARES[name], strict=True):
        arms = ["A"] * share + ["B"] * (SLOTS - share)
        draw.shuffle(arms)
        found[stratum] = arms
    return SealedList(name, found)


def _other(arm: str) -> str:
    return "B" if arm == "A" else "A"
