"""Parts of a diagnosis score whose points may not be settled yet (clinical rules §4).

Truths are three-valued: None is "not known". An item keeps every number of points it may still
come to, so a sum says what it can be and never guesses.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import product
from typing import get_args

from trial.protocol.numbers import Comparator
from trial.protocol.truth import Truth, any_true


class Verdict(StrEnum):
    """What a score says; OPEN while what is missing could still change it."""

    DEFINITE = "definite"
    PROBABLE = "probable"
    NEITHER = "neither"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Measured:
    """A number as reported, with its comparator: "<1:40" is Measured(Decimal(40), "<").

    Titres are given by their reciprocal, 1:80 as 80 and "negative" as 0 or as less than the first
    dilution; IgG, globulins and enzymes as multiples of the laboratory's upper limit.
    Raises ValueError for a value that is negative or no number, and for an unknown comparator.
    """

    value: Decimal
    comparator: Comparator = ""

    def __post_init__(self) -> None:
        if not self.value.is_finite() or self.value < 0:
            raise ValueError("A measured value is a number from 0.")
        if self.comparator not in get_args(Comparator):
            raise ValueError(f"unknown comparator {self.comparator!r}")

    def above(self, limit: Decimal) -> Truth:
        """Whether the true value is > limit; None where the comparator leaves it open."""
        match self.comparator:
            case "":
                return self.value > limit
            case "<" | "<=":
                return False if self.value <= limit else None
            case ">":
                return True if self.value >= limit else None
            case ">=":
                return True if self.value > limit else None

    def at_least(self, limit: Decimal) -> Truth:
        """Whether the true value is >= limit; None where the comparator leaves it open."""
        match self.comparator:
            case "":
                return self.value >= limit
            case "<":
                return False if self.value <= limit else None
            case "<=":
                return False if self.value < limit else None
            case ">" | ">=":
                return True if self.value >= limit else None


@dataclass(frozen=True, slots=True)
class ViralMarkers:
    """True is positive, False negative, None not known.

    The antibody to hepatitis C alone does not show a present infection: where it is positive the
    RNA decides. `other` is another virus, False where none was looked for: no score asks for one.
    """

    hav_igm: Truth = None
    hbsag: Truth = None
    anti_hcv: Truth = None
    hcv_rna: Truth = None
    hev_igm: Truth = None
    other: Truth = False

    def hepatitis_c(self) -> Truth:
        """Whether there is hepatitis C: the RNA where known, else no without the antibody."""
        if self.hcv_rna is not None:
            return self.hcv_rna
        return False if self.anti_hcv is False else None

    def present(self) -> Truth:
        """Whether any viral hepatitis is present: one positive decides, all must be negative."""
        known = (self.hav_igm, self.hbsag, self.hepatitis_c(), self.hev_igm)
        return any_true(*known, self.other)


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a score with every number of points it may come to, in order."""

    code: str
    possible: tuple[int, ...]

    @property
    def open(self) -> bool:
        """Whether what is missing changes the item's points."""
        return len(self.possible) > 1


@dataclass(frozen=True, slots=True)
class Score:
    """A score: its items, every total it may come to, and the verdict.

    `missing` names the items that are open. `excluded` says that a necessary condition of the
    diagnosis is known not to hold; the verdict is NEITHER then, whatever the points.
    """

    items: tuple[Item, ...]
    possible: tuple[int, ...]
    verdict: Verdict
    missing: tuple[str, ...]
    excluded: bool = False

    @property
    def low(self) -> int:
        """The least the score may come to."""
        return self.possible[0]

    @property
    def high(self) -> int:
        """The most the score may come to."""
        return self.possible[-1]

    @property
    def total(self) -> int | None:
        """The score, None while anything is missing."""
        return None if self.missing else self.low


def yes_no(answer: Truth, yes: int, no: int = 0) -> tuple[int, ...]:
    """The points of an answer; both while it is not known."""
    if answer is None:
        return _in_order((yes, no))
    return (yes if answer else no,)


def steps(rungs: Iterable[tuple[Truth, int]], otherwise: int) -> tuple[int, ...]:
    """The points of the first rung that holds; those an unknown rung leaves possible as well."""
    found = []
    for holds, points in rungs:
        if holds is not False:
            found.append(points)
        if holds:
            return _in_order(found)
    return _in_order([*found, otherwise])


def greatest(*parts: Sequence[int]) -> tuple[int, ...]:
    """Every greatest one of independent parts."""
    return _in_order(max(combination) for combination in product(*parts))


def sums(*parts: Sequence[int]) -> tuple[int, ...]:
    """Every sum of independent parts."""
    found = {0}
    for part in parts:
        found = {total + points for total in found for points in part}
    return _in_order(found)


def open_items(items: Iterable[Item]) -> tuple[str, ...]:
    """The codes of the items whose points are not settled."""
    return tuple(item.code for item in items if item.open)


def verdict_of(total: int, probable_from: int, definite_from: int) -> Verdict:
    """The verdict on a whole score."""
    if total >= definite_from:
        return Verdict.DEFINITE
    return Verdict.PROBABLE if total >= probable_from else Verdict.NEITHER


def _in_order(points: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(set(points)))
