"""What was submitted for a panel, judged value by value: the same verdicts at every door.

Pure: the browser form, REST and the import all come through `judge`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal

from labs.free_text import TextFault, fault_of
from trial.protocol.analytes import Analyte
from trial.protocol.checks import Verdict, assess
from trial.protocol.ranges import RangeRow, choose, flag, in_canonical

# Why there is no result; labs.models.NotDone gives them their words.
NOT_DONE = ("not_ordered", "not_drawn", "lost", "unsuitable", "not_reported", "refused")


@dataclass(frozen=True, slots=True)
class Entry:
    """One analyte as submitted: a number with its unit, or why there is none, or nothing.

    `confirmed` and `comment` answer a soft limit.
    """

    text: str = ""
    unit: str = ""
    not_done: str = ""
    comment: str = ""
    confirmed: bool = False

    @property
    def blank(self) -> bool:
        """Nothing was said about this analyte."""
        return not self.text.strip() and not self.not_done


@dataclass(frozen=True, slots=True)
class PanelEntry:
    """A whole panel as submitted; `entries` by LBTESTCD."""

    laboratory_id: int
    collected_on: date
    collected_time: time | None = None
    sample_state: str = "good"
    dialysis: bool | None = None
    pt_isi: Decimal | None = None
    pt_mnpt: Decimal | None = None
    entries: Mapping[str, Entry] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judged:
    """An accepted entry, ready to be stored: canonical value and the range that applied."""

    entry: Entry
    comparator: str = ""
    value: Decimal | None = None
    canonical: Decimal | None = None
    range_id: int | None = None
    range_low: Decimal | None = None
    range_high: Decimal | None = None
    flag: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an entry is not accepted: the verdict's code, "unconfirmed" (a soft limit without
    confirmation and comment), or one without a verdict: "both_given" (a value and a reason for
    none), "comment_alone", "unknown_not_done", or the comment's own `fault`."""

    code: str
    verdict: Verdict | None = None
    fault: TextFault | None = None


def judge(
    analyte: Analyte, entry: Entry, rows: Sequence[RangeRow], *, sex: str, age: int, on: date
) -> Judged | Problem:
    """Accept or refuse one entry. `rows` are the laboratory's ranges of this analyte."""
    fault = fault_of(entry.comment)
    if fault is not None:
        return Problem(fault.code, fault=fault)
    if entry.blank:
        return Problem("comment_alone") if entry.comment.strip() else Judged(entry)
    if entry.not_done not in ("", *NOT_DONE):
        return Problem("unknown_not_done")
    if entry.not_done:
        return Problem("both_given") if entry.text.strip() else Judged(entry)
    verdict = assess(analyte, entry.text, entry.unit)
    quantity, canonical = verdict.quantity, verdict.canonical
    if not verdict.accepted or quantity is None or canonical is None:
        return Problem(verdict.code, verdict)
    if verdict.level == "soft" and not (entry.confirmed and entry.comment.strip()):
        return Problem("unconfirmed", verdict)
    row = choose(rows, sex, age, on)
    low, high = in_canonical(analyte, row) if row else (None, None)
    return Judged(
        entry=entry,
        comparator=quantity.comparator,
        value=quantity.value,
        canonical=canonical,
        range_id=row.id if row else None,
        range_low=low,
        range_high=high,
        flag=flag(canonical, quantity.comparator, low, high),
    )
