"""Two worlds side by side: where they first differ, in words for whoever has to find the leak."""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.blinding.observing import Recording

AROUND = 90  # characters of context on each side
MOST = 12


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that a blinded reader could tell the two worlds apart by."""

    key: str
    facet: str
    one: str
    other: str

    def __str__(self) -> str:
        return f"{self.key}\n  {self.facet}:\n    {self.one!r}\n    {self.other!r}"


def differences(one: Recording, other: Recording) -> Iterator[Difference]:
    """Every place in which they differ, in the order in which it was observed."""
    for key in [*one.seen, *(key for key in other.seen if key not in one.seen)]:
        mine, theirs = one.seen.get(key), other.seen.get(key)
        if mine is None or theirs is None:
            names = (one.name, other.name) if theirs is None else (other.name, one.name)
            yield Difference(key, "asked", f"asked in {names[0]}", f"not in {names[1]}")
            continue
        for facet in {**mine, **theirs}:
            first, second = mine.get(facet, ""), theirs.get(facet, "")
            if first != second:
                if facet == "statements":
                    first, second = spelled(one, first), spelled(other, second)
                yield Difference(key, facet, *excerpt(first, second))


def spelled(recording: Recording, shorts: str) -> str:
    """Statements by their whole texts."""
    return "\n".join(recording.statements[short] for short in shorts.split("\n") if short)


def excerpt(one: str, other: str) -> tuple[str, str]:
    """Both texts around the first character in which they differ."""
    pairs = enumerate(zip(one, other, strict=False))
    at = next((n for n, (a, b) in pairs if a != b), min(len(one), len(other)))
    begin = max(0, at - AROUND)
    return one[begin : at + AROUND], other[begin : at + AROUND]


def told(found: list[Difference], name: str) -> str:
    """The first differences as a message."""
    lines = [f"{len(found)} differences between random-1 and {name}; the first:"]
    return "\n".join([*lines, *map(str, found[:MOST])])
