"""Symptoms on the study's own scales and their change since baseline (clinical rules §11). Pure.

Three-valued: what was not asked leaves bounds and may still decide (from 0 nothing gets better).
§11 states no threshold from which on somebody has responded, so there is no such rule here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from trial.protocol.symptoms import Item, Scale, SymptomParameters


class RatingError(ValueError):
    """A rating the scale doesn't have, or of something not asked; `item` is its code."""

    def __init__(self, item: str) -> None:
        super().__init__(item)
        self.item = item


@dataclass(frozen=True, slots=True)
class Ratings:
    """One visit's checklist: scores by the item's code. None or left out: not answered."""

    on: date
    scores: Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class Change:
    """How one item changed since baseline, in steps of its scale; negative is better.

    `difference` is None while a rating is missing; `low` and `high` are what it may then be, both
    None where the two ratings are on different scales. `missing` is of "baseline", "now", "scale".
    """

    code: str
    difference: int | None
    low: int | None
    high: int | None
    missing: tuple[str, ...]

    @property
    def improved(self) -> bool | None:
        """Whether it became less; None while that is open."""
        if self.low is None or self.high is None:
            return None
        return True if self.high < 0 else (False if self.low >= 0 else None)

    @property
    def worsened(self) -> bool | None:
        """Whether it became more; None while that is open."""
        if self.low is None or self.high is None:
            return None
        return True if self.low > 0 else (False if self.high <= 0 else None)


def check(parameters: SymptomParameters, ratings: Ratings) -> None:
    """Raises RatingError for an item the checklist doesn't have or a score its scale doesn't.

    Scores are whole numbers from 0 to the scale's highest: 10 on the NRS, 3 for severity, 4 for
    West Haven, 1 for presence.
    """
    for code, score in ratings.scores.items():
        item = parameters.by_code.get(code)
        if item is None or not _on_scale(item.scale, score):
            raise RatingError(code)


def unanswered(parameters: SymptomParameters, ratings: Ratings) -> tuple[str, ...]:
    """The codes of the items without a score, in the checklist's order."""
    return tuple(item.code for item in parameters.items if ratings.scores.get(item.code) is None)


def baseline(
    parameters: SymptomParameters, course: Sequence[Ratings], first_infusion: date | None
) -> Mapping[str, int | None]:
    """Each item's last score before the first infusion, as for laboratory values (§6.2).

    The checklist of the infusion's own day counts as before it [study default]. An item nobody
    rated until then has None; so have all while no infusion was given.
    """
    before = [] if first_infusion is None else [one for one in course if one.on <= first_infusion]
    found: dict[str, int | None] = {item.code: None for item in parameters.items}
    for ratings in sorted(before, key=lambda one: one.on):
        check(parameters, ratings)
        found |= {code: score for code, score in ratings.scores.items() if score is not None}
    return found


def changes(
    parameters: SymptomParameters, before: Mapping[str, int | None], now: Ratings
) -> tuple[Change, ...]:
    """The change of every item of the checklist since `before`, in the checklist's order.

    Raises RatingError as `check` does, for both.
    """
    check(parameters, now)
    check(parameters, Ratings(now.on, before))
    return tuple(
        change(item, before.get(item.code), item, now.scores.get(item.code))
        for item in parameters.items
    )


def change(item_before: Item, before: int | None, item_now: Item, now: int | None) -> Change:
    """The change of one item; the two items differ where an amendment gave it another scale.

    Raises RatingError for a score off its scale, ValueError for two items of different codes.
    """
    if item_before.code != item_now.code:
        raise ValueError("A change is of one item.")
    for item, score in ((item_before, before), (item_now, now)):
        if not _on_scale(item.scale, score):
            raise RatingError(item.code)
    if item_before.scale is not item_now.scale:
        return Change(item_now.code, None, None, None, ("scale",))
    missing = tuple(name for name, score in (("baseline", before), ("now", now)) if score is None)
    (first_low, first_high), (low, high) = (
        (0, item_now.scale.highest) if score is None else (score, score) for score in (before, now)
    )
    difference = None if before is None or now is None else now - before
    return Change(item_now.code, difference, low - first_high, high - first_low, missing)


def _on_scale(scale: Scale, score: int | None) -> bool:
    return score is None or (type(score) is int and 0 <= score <= scale.highest)
