"""The small numbers behind what was changed, and the list at the end that they lead to. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reports.selectors.printed import Changed
from trial.protocol.crf import blank

Spot = tuple[str, int, str]  # table, row, column; column "" for a row that is printed as one line
# What a save works out from what was typed: it changes with it, and is no answer of its own.
DERIVED: Mapping[str, frozenset[str]] = {
    "labs_result": frozenset({"value", "canonical", "comparator", "range_id"}),
    "visits_infusion": frozenset(
        {"ordered_cells", "ordered_ml", "given_cells", "prepared_grade", "given_grade"}
    ),
}

# With what a row begins before anybody has said anything.
_UNSAID = {("visits_visit", "status"): "planned"}


@dataclass(frozen=True, slots=True)
class Note:
    """One entry of the list: what it changed, and the change itself."""

    number: int
    place: str
    pairs: Sequence[tuple[str, Any, Any]]
    change: Changed


@dataclass
class Marks:
    """Gives out the numbers in the order in which the spots are printed."""

    by_spot: Mapping[Spot, Sequence[tuple[Changed, Mapping[str, tuple[Any, Any]]]]]
    queries: Mapping[tuple[str, int], Sequence[tuple[str, int]]] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    taken: set[Spot] = field(default_factory=set)

    def at(self, spot: Spot, place: str) -> str:
        """The signs behind a spot: "1 2 Q7"; "" for none. Asked once for each spot."""
        signs = [str(self._note(place, *one).number) for one in self.by_spot.get(spot, ())]
        self.taken.add(spot)
        return " ".join([*signs, *self._asked(spot)])

    def _note(self, place: str, change: Changed, columns: Mapping[str, tuple[Any, Any]]) -> Note:
        pairs = [(name, old, new) for name, (old, new) in columns.items()]
        made = Note(len(self.notes) + 1, place, pairs, change)
        self.notes.append(made)
        return made

    def _asked(self, spot: Spot) -> list[str]:
        table, row, column = spot
        asked = self.queries.get((table, row), ())
        return [f"Q{number}" for name, number in asked if not column or name == column]

    @property
    def left(self) -> list[Spot]:
        """Spots with changes that nothing printed stands for."""
        return [spot for spot in self.by_spot if spot not in self.taken]


def by_spot(
    changes: Iterable[Changed], columns: Mapping[str, frozenset[str]], lines: Iterable[str]
) -> Mapping[Spot, Sequence[tuple[Changed, Mapping[str, tuple[Any, Any]]]]]:
    """The changes of each spot, oldest first. `columns` are those that are printed, by table;
    `lines` the tables whose rows are printed as one line each: of the others each column is a spot.

    An answer's first entry is no change; one that is given again after it was taken back is.
    """
    whole = set(lines)
    answered: set[tuple[str, int, str]] = set()
    found: dict[Spot, list[tuple[Changed, Mapping[str, tuple[Any, Any]]]]] = defaultdict(list)
    for change in changes:
        kept = _corrected(change, columns.get(change.table, frozenset()), answered)
        if change.table in whole and kept:
            found[change.table, change.row_id, ""].append((change, kept))
        elif kept:
            for name, pair in kept.items():
                found[change.table, change.row_id, name].append((change, {name: pair}))
    return found


def _corrected(
    change: Changed, columns: frozenset[str], answered: set[tuple[str, int, str]]
) -> Mapping[str, tuple[Any, Any]]:
    """The columns whose stored answer was changed; `answered` learns what once was there."""
    kept = {}
    for name, (old, new) in change.columns.items():
        spot = (change.table, change.row_id, name)
        if name not in columns or name in DERIVED.get(change.table, ()):
            continue
        if not blank(old) and old != _UNSAID.get((change.table, name)):
            answered.add(spot)
        if spot in answered:
            kept[name] = (old, new)
    return kept
