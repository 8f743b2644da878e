"""The rows of the lab form: every analyte with its range, its past and what was typed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import groupby

from django.utils.translation import gettext_lazy as _

from labs.entry import Entry
from labs.models import Result
from labs.reading import Person, Reading, read
from trial.protocol.analytes import GROUPS, Analyte, Unit
from trial.protocol.label import Label
from trial.protocol.ranges import RangeRow
from trial.protocol.version import ProtocolVersion
from trial.quality.selectors.asked import Flag, Flags

_SPARK = 6
_PAST = 3


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier value of the same participant and analyte, as it was entered."""

    text: str
    unit: str
    on: date
    visit: str
    flag: str
    canonical: Decimal | None


@dataclass(frozen=True, slots=True)
class Row:
    """One analyte of the form. `errors` are those of the last attempt to save; `verified` is
    "verified", "changed" (since it was) or ""."""

    analyte: Analyte
    entry: Entry
    unit: str
    reading: Reading
    past: Sequence[Past]
    stored: Result | None = None
    errors: Sequence[str] = ()
    asked: Flag | None = None
    verified: str = ""

    @property
    def code(self) -> str:
        return self.analyte.code

    @property
    def units(self) -> Sequence[Unit]:
        return self.analyte.units

    @property
    def unit_display(self) -> str:
        return next((u.display for u in self.analyte.units if u.code == self.unit), self.unit)

    @property
    def upper(self) -> Decimal | None:
        """The upper limit in the canonical unit, for the small trend."""
        return self.reading.limits[1]

    @property
    def trend(self) -> list[Decimal | None]:
        """Canonical values over time, oldest first, this one last where it is known."""
        values = [past.canonical for past in reversed(self.past)][-_SPARK:]
        return [*values, self.reading.canonical] if self.reading.canonical is not None else values

    @property
    def trend_title(self) -> str:
        """The trend for those who cannot see it."""
        return ", ".join(f"{past.text} {past.unit} ({past.visit})" for past in reversed(self.past))

    @property
    def recent(self) -> Sequence[Past]:
        return self.past[:_PAST]

    @property
    def open(self) -> bool:
        """Whether the lower part of the row (reason, confirmation, comment) has something in it."""
        entry = self.entry
        return bool(
            entry.not_done or entry.comment or entry.confirmed or self.errors
            or self.reading.level == "soft"
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Group:
    """Rows under one heading, in the order of the paper report."""

    key: str
    label: Label | str
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Source:
    """What rows are made of. `ranges` and `units` are the chosen laboratory's, by LBTESTCD;
    `verified` says by result what a monitor has compared with the source."""

    protocol: ProtocolVersion
    visit_code: str
    person: Person
    ranges: Mapping[str, Sequence[RangeRow]]
    units: Mapping[str, str]
    stored: Mapping[str, Result]
    past: Mapping[str, Sequence[Past]]
    errors: Mapping[str, Sequence[str]] = field(default_factory=dict)
    asked: Flags = field(default_factory=dict)
    verified: Mapping[int, str] = field(default_factory=dict)


def rows_of(source: Source, entries: Mapping[str, Entry]) -> list[Row]:
    """The visit's panel in report order, then whatever else is stored or was added."""
    asked = [analyte.code for analyte in source.protocol.panel(source.visit_code)]
    known = {analyte.code for analyte in source.protocol.analytes}
    more = [code for code in [*source.stored, *entries] if code not in asked and code in known]
    return [row(source, code, entries.get(code)) for code in [*asked, *dict.fromkeys(more)]]


def row(source: Source, code: str, entry: Entry | None) -> Row:
    """One row: as submitted, else as stored, else blank in the laboratory's unit."""
    analyte = source.protocol.analyte(code)
    stored = source.stored.get(code)
    shown = entry or (entry_of(stored) if stored else Entry())
    unit = shown.unit or source.units.get(code) or analyte.canonical_unit.code
    return Row(
        analyte=analyte,
        entry=shown,
        unit=unit,
        reading=read(analyte, shown, unit, source.ranges.get(code, ()), source.person),
        past=source.past.get(code, ()),
        stored=stored,
        errors=source.errors.get(code, ()),
        asked=source.asked.get((Result._meta.db_table, stored.pk)) if stored else None,
        verified=source.verified.get(stored.pk, "") if stored else "",
    )


def grouped(rows: Iterable[Row], asked: Iterable[str]) -> list[Group]:
    """Rows under their groups' names; what the visit does not ask for comes last."""
    wanted = set(asked)
    inside = [row for row in rows if row.code in wanted]
    outside = [row for row in rows if row.code not in wanted]
    groups = [
        Group(key, GROUPS[key], list(part))
        for key, part in groupby(inside, key=lambda row: row.analyte.group)
    ]
    if outside:
        groups.append(Group("other", str(_("Other analytes")), outside))
    return groups


def others(source: Source, rows: Iterable[Row]) -> list[Row]:
    """The analytes of the dictionary that are not on the form yet, as blank rows."""
    shown = {row.code for row in rows}
    return [
        row(source, analyte.code, None)
        for analyte in source.protocol.analytes
        if analyte.code not in shown
    ]


def entry_of(result: Result) -> Entry:
    """A stored result as it was entered."""
    return Entry(result.text, result.unit, result.not_done, result.comment, result.confirmed)


def past_of(results: Iterable[Result], panel_id: int | None, before: date) -> dict[str, list[Past]]:
    """Earlier values by LBTESTCD, newest first, from all of a participant's results."""
    found: dict[str, list[Past]] = defaultdict(list)
    for result in results:
        panel = result.panel
        if panel.pk == panel_id or not result.text or panel.collected_on > before:
            continue
        found[result.analyte].append(
            Past(
                text=result.text,
                unit=result.unit,
                on=panel.collected_on,
                visit=panel.visit.label,
                flag=result.flag,
                canonical=result.canonical,
            )
        )
    for values in found.values():
        values.sort(key=lambda past: past.on, reverse=True)
    return found
