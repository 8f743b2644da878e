"""Reading and writing a randomisation list as a file, in one exact form (F-011, F-012).

Pure. CSV in UTF-8 with LF or CRLF line ends, the header `stratum,number,arm`, one line a slot. The
order of the file is the order of allocation within each stratum. Everything that could be read in
two ways is refused with its line: a byte-order mark, blanks around a code, an unknown arm (a Greek
Α is not an A), a number out of order, a stratum that appears twice.
"""

import csv
import hashlib
import io
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from randomization.blocks import Slot

HEADER = ["stratum", "number", "arm"]
MOST_SLOTS = 100_000


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, at which line (1 is the header; 0 the file). `code` is one of: encoding, bom,
    empty, header, columns, blanks, stratum, arm, number, order, too_long."""

    line: int
    code: str
    given: str = ""


class ListFileError(ValueError):
    """The file is refused; `faults` has the first hundred reasons. Its text names no arm."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)[:100]
        first = self.faults[0]
        super().__init__(f"line {first.line}: {first.code}")


def checksum(data: bytes) -> str:
    """SHA-256 of the file as it is, for the statistician to compare."""
    return hashlib.sha256(data).hexdigest()


def write(slots: Iterable[Slot]) -> bytes:
    """The list as a file."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows((slot.stratum, slot.number, slot.arm) for slot in slots)
    return out.getvalue().encode()


def read(data: bytes, *, arms: Collection[str], strata: Collection[str]) -> list[Slot]:
    """The slots in the file's order; their block is not known (0). Raises ListFileError."""
    rows = _rows(data)
    faults: list[Fault] = []
    slots: list[Slot] = []
    last: dict[str, int] = {}
    done: set[str] = set()
    for line, row in rows:
        fault = _fault(line, row, arms, strata)
        if fault is None:
            stratum, number = row[0], int(row[1])
            if slots and slots[-1].stratum != stratum:
                done.add(slots[-1].stratum)
            fault = _out_of_order(line, stratum, number, last, done)
        if fault is not None:
            faults.append(fault)
            continue
        last[stratum] = number
        slots.append(Slot(stratum, number, 0, row[2]))
    if faults:
        raise ListFileError(faults)
    if not slots:
        raise ListFileError([Fault(0, "empty")])
    return slots


def _rows(data: bytes) -> list[tuple[int, list[str]]]:
    if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise ListFileError([Fault(1, "bom")])
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ListFileError([Fault(0, "encoding")]) from error
    if "\x00" in text or '"' in text:
        raise ListFileError([Fault(0, "encoding")])
    lines = text.replace("\r\n", "\n").split("\n")
    if lines and not lines[-1]:
        lines.pop()
    if not lines or lines[0].split(",") != HEADER:
        raise ListFileError([Fault(1, "header")])
    if len(lines) - 1 > MOST_SLOTS:
        raise ListFileError([Fault(0, "too_long")])
    return [(number, line.split(",")) for number, line in enumerate(lines[1:], start=2)]


def _fault(
    line: int, row: list[str], arms: Collection[str], strata: Collection[str]
) -> Fault | None:
    if len(row) != len(HEADER):
        return Fault(line, "columns")
    if any(cell != cell.strip() for cell in row):
        return Fault(line, "blanks")
    stratum, number, arm = row
    if stratum not in strata:
        return Fault(line, "stratum", stratum)
    if not (number.isascii() and number.isdigit()) or number.startswith("0"):
        return Fault(line, "number", number)
    return None if arm in arms else Fault(line, "arm")


def _out_of_order(
    line: int, stratum: str, number: int, last: dict[str, int], done: set[str]
) -> Fault | None:
    if stratum in done or number != last.get(stratum, 0) + 1:
        return Fault(line, "order", f"{stratum} {number}")
    return None
