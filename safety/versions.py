"""A report as it is frozen: its elements as JSON with a digest, and what two versions differ in."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from safety.e2b_elements import ELEMENTS
from safety.e2b_report import Result

FORMAT = 1
# When a version was made is no news.
_NOT_COMPARED = ("C.1.2", "C.1.5")

Content = Mapping[str, Any]
Place = tuple[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Line:
    """One element of a frozen version. `null`: HL7's reason where there is no value."""

    id: str
    at: tuple[int, ...]
    value: str
    null: str

    @property
    def name(self) -> str:
        """ICH's name of the element; its number where this list has none."""
        known = ELEMENTS.get(self.id)
        return known.name if known else self.id

    @property
    def place(self) -> str:
        """The repetitions it stands in: "1.2"; "" for none."""
        return ".".join(str(one) for one in self.at)

    @property
    def text(self) -> str:
        """The value, or the reason why there is none."""
        return self.value or self.null


@dataclass(frozen=True, slots=True)
class Difference:
    """An element that an older and a newer version have otherwise; "" where one has none."""

    id: str
    name: str
    place: str
    before: str
    after: str


def frozen(result: Result, about: Mapping[str, Any]) -> dict[str, Any]:
    """The content of a version: the elements, what is missing, and what else is said of it."""
    return {
        "format": FORMAT,
        "about": dict(about),
        "elements": [[one.id, list(one.at), one.value, one.null] for one in result.elements],
        "missing": [[one.id, list(one.at)] for one in result.missing],
    }


def digest_of(content: Content) -> str:
    """SHA-256 of the canonical form: however a database keeps the JSON, it is the same."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def lines_of(content: Content) -> list[Line]:
    """The elements of a version in ICH's order."""
    return [Line(one, tuple(at), value, null) for one, at, value, null in content["elements"]]


def missing_of(content: Content) -> list[Line]:
    """The mandatory elements nobody had answered."""
    return [Line(one, tuple(at), "", "") for one, at in content["missing"]]


def differences(older: Content, newer: Content) -> list[Difference]:
    """What the newer version says otherwise, in its order, then what it does not say any more."""
    before, after = _by_place(lines_of(older)), _by_place(lines_of(newer))
    places: Sequence[Place] = [*after, *(one for one in before if one not in after)]
    found = (_difference(place, before.get(place), after.get(place)) for place in places)
    return [one for one in found if one.before != one.after]


def _by_place(lines: Iterable[Line]) -> dict[Place, Line]:
    return {(one.id, one.at): one for one in lines if one.id not in _NOT_COMPARED}


def _difference(place: Place, before: Line | None, after: Line | None) -> Difference:
    line = after or before
    name = line.name if line else place[0]
    where = line.place if line else ""
    texts = (before.text if before else "", after.text if after else "")
    return Difference(place[0], name, where, *texts)
