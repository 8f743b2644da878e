"""The list of a minimisation as a file: the draws that were made in advance, and what came of them.

Pure. CSV, one line a draw: number, draw, the arm that it gave and at which levels; arm and levels
are empty while the draw is unused. With the scheme's weights a stranger can decide every line again
(randomization/replay.py).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from randomization.blocks import Slot
from randomization.minimisation import EVERYWHERE

HEADER = ["number", "draw", "arm"]


class DrawFileError(ValueError):
    """The file is no list of draws; the message says where."""


@dataclass(frozen=True, slots=True)
class Draw:
    """One draw. `arm` is "" and `levels` are empty until somebody was allocated with it."""

    number: int
    draw: int
    arm: str = ""
    levels: Mapping[str, str] = field(default_factory=dict)

    @property
    def slot(self) -> Slot:
        """The draw as it was committed to, before anybody was allocated."""
        return Slot(EVERYWHERE, self.number, 0, str(self.draw))


def write(draws: Iterable[Draw], factors: Sequence[str]) -> bytes:
    """The draws as a file, with a column for each factor."""
    lines = [",".join([*HEADER, *factors])]
    for one in draws:
        levels = [one.levels.get(factor, "") for factor in factors]
        lines.append(",".join([str(one.number), str(one.draw), one.arm, *levels]))
    return ("\n".join(lines) + "\n").encode()


def is_one(data: bytes) -> bool:
    """Whether a file begins as one of these does."""
    return data.startswith(",".join(HEADER).encode())


def read(data: bytes) -> list[Draw]:
    """The draws of a file. Raises DrawFileError."""
    try:
        lines = data.decode("ascii").splitlines()
    except UnicodeDecodeError as error:
        raise DrawFileError("line 0: not ASCII") from error
    factors = lines[0].split(",")[len(HEADER) :]
    return [_draw(number, line, factors) for number, line in enumerate(lines[1:], start=2)]


def _draw(line: int, text: str, factors: Sequence[str]) -> Draw:
    cells = text.split(",")
    if len(cells) != len(HEADER) + len(factors) or not (cells[0] + cells[1]).isdigit():
        raise DrawFileError(f"line {line}: {len(HEADER) + len(factors)} columns, two of numbers")
    levels = dict(zip(factors, cells[len(HEADER) :], strict=True))
    return Draw(int(cells[0]), int(cells[1]), cells[2], levels if cells[2] else {})
