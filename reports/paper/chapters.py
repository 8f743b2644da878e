"""What a printed casebook is made of: chapters of blocks of entries."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Entry:
    """A label with its value, and the small signs behind it."""

    label: str
    value: str
    raised: str = ""
    struck: bool = False


@dataclass(slots=True)
class Block:
    """A form, a line of one, or a part of a visit. `says`: what holds for all of it; `unasked`:
    questions that were not asked; `table`: a header and its rows, with widths."""

    title: str
    level: int = 2
    raised: str = ""
    says: list[str] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    unasked: list[str] = field(default_factory=list)
    header: Sequence[str] = ()
    widths: Sequence[float] = ()
    rows: list[Sequence[Entry]] = field(default_factory=list)
    struck: bool = False


@dataclass(slots=True)
class Chapter:
    """What has a bookmark; `alone`: it begins on a page of its own."""

    title: str
    says: list[str] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    alone: bool = False
