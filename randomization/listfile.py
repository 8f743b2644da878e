"""Reading and writing a randomisation list as a file, in one exact form (F-011, F-012).

Pure. CSV in UTF-8 with LF or CRLF line ends, the header `stratum,number,arm`, one line a slot. The
order of the file is the order of allocation within each stratum. Everything that could be read in
two ways is refused with its line: a byte-order mark, blanks around a code, an unknown arm (a Greek
Α is not an A), a number out of order, a stratum that appears twice, two kinds of line ends.
"""

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from randomization.blocks import Slot

HEADER = ["stratum", "number", "arm"]
MOST_SLOTS = 100_000


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, at which line (1 is the header; 0 the file). `code` is one of: encoding, bom,
    empty, header, columns, blanks, stratum, arm, number, order, line_ends, too_long."""

    line: int
    code: str
    given: str = ""


class ListFileError(ValueError):
    """The file is refused; `faults` has the first hundred reasons. Its text names no arm."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)[:100]
        first = self.faults[0]
        super().__init__(f"line {first.line}: {first.code}")


@dataclass(frozen=True, slots=True)
class Form:
    """How a file ends its lines, so that it can be written again byte for byte (R-49)."""

    line_end: str = "\n"
    last_ended: bool = True


def checksum(data: bytes) -> str:
    """SHA-256 of the file as it is, for the statistician to compare."""
    return hashlib.sha256(data).hexdigest()


def form_of(data: bytes) -> Form:
    """How a file that `read` takes ends its lines."""
    return Form("\r\n" if b"\r\n" in data else "\n", data.endswith(b"\n"))


def write(slots: Iterable[Slot], form: Form = Form()) -> bytes:
    """The list as a file."""
    lines = [",".join(HEADER), *(f"{slot.stratum},{slot.number},{slot.arm}" for slot in slots)]
    return (form.line_end.join(lines) + form.line_end * form.last_ended).encode()


def read(
    data: bytes,
    *,
    arms: Collection[str],
    strata: Collection[str],
    first: Mapping[str, int] | None = None,
) -> list[Slot]:
    """The slots in the file's order; their block is not known (0).

    `first` is the number with which a stratum begins, else 1. Raises ListFileError.
    """
    return _slots(_rows(data), lambda line, row: _fault(line, row, arms, strata), first or {})


def read_any(data: bytes) -> list[Slot]:
    """The slots of a file whose strata, arms and first numbers are not known beforehand.

    For somebody who compares a list after the trial. Raises ListFileError.
    """
    rows = _rows(data)
    first: dict[str, int] = {}
    for _line, row in rows:
        if len(row) == len(HEADER) and _is_number(row[1]):
            first.setdefault(row[0], int(row[1]))
    return _slots(rows, _shape_fault, first)


Row = tuple[int, list[str]]


def _slots(
    rows: Sequence[Row],
    judge: Callable[[int, list[str]], Fault | None],
    first: Mapping[str, int],
) -> list[Slot]:
    faults: list[Fault] = []
    slots: list[Slot] = []
    following = dict(first)
    done: set[str] = set()
    for line, row in rows:
        fault = judge(line, row)
        if fault is None:
            if slots and slots[-1].stratum != row[0]:
                done.add(slots[-1].stratum)
            fault = _out_of_order(line, row, following, done)
        if fault is not None:
            faults.append(fault)
            continue
        following[row[0]] = int(row[1]) + 1
        slots.append(Slot(row[0], int(row[1]), 0, row[2]))
    if faults:
        raise ListFileError(faults)
    if not slots:
        raise ListFileError([Fault(0, "empty")])
    return slots


def _rows(data: bytes) -> list[Row]:
    lines = _lines(data)
    if not lines or lines[0].split(",") != HEADER:
        raise ListFileError([Fault(1, "header")])
    if len(lines) - 1 > MOST_SLOTS:
        raise ListFileError([Fault(0, "too_long")])
    return [(number, line.split(",")) for number, line in enumerate(lines[1:], start=2)]


def _lines(data: bytes) -> list[str]:
    if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise ListFileError([Fault(1, "bom")])
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ListFileError([Fault(0, "encoding")]) from error
    if "\x00" in text or '"' in text:
        raise ListFileError([Fault(0, "encoding")])
    returns = text.count("\r\n")
    if returns and returns != text.count("\n"):
        raise ListFileError([Fault(0, "line_ends")])
    lines = text.replace("\r\n", "\n").split("\n")
    if lines and not lines[-1]:
        lines.pop()
    return lines


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and not text.startswith("0") and len(text) < 10


def _shape_fault(line: int, row: list[str]) -> Fault | None:
    """What is wrong whatever the study's strata and arms are."""
    if len(row) != len(HEADER):
        return Fault(line, "columns")
    if any(cell != cell.strip() for cell in row):
        return Fault(line, "blanks")
    return None if _is_number(row[1]) else Fault(line, "number", row[1])


def _fault(
    line: int, row: list[str], arms: Collection[str], strata: Collection[str]
) -> Fault | None:
    shape = _shape_fault(line, row)
    if shape is not None and shape.code != "number":
        return shape
    stratum, _number, arm = row
    if stratum not in strata:
        return Fault(line, "stratum", stratum)
    if shape is not None:
        return shape
    return None if arm in arms else Fault(line, "arm")


def _out_of_order(
    line: int, row: list[str], following: Mapping[str, int], done: set[str]
) -> Fault | None:
    stratum, number = row[0], int(row[1])
    if stratum in done or number != following.get(stratum, 1):
        return Fault(line, "order", f"{stratum} {number}")
    return None
