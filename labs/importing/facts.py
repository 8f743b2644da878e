"""What is stored about a participant, and what a file says, as the planning rules take it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from labs.entry import Entry


@dataclass(frozen=True, slots=True)
class StoredResult:
    """A result as stored; `canonical` None without a number."""

    text: str
    unit: str
    comparator: str
    canonical: Decimal | None
    not_done: str

    @property
    def shown(self) -> str:
        """How a list names it beside the file's value."""
        return f"{self.text} {self.unit}".strip() or self.not_done


@dataclass(frozen=True, slots=True)
class StoredPanel:
    """The panel of a visit with its results by LBTESTCD."""

    id: int
    laboratory_id: int
    laboratory: str
    collected_on: date
    results: Mapping[str, StoredResult]


@dataclass(frozen=True, slots=True)
class StoredVisit:
    """A visit; `number` counts unscheduled ones, 0 else. Dates of a visit without plan are None.

    `held`: its labs are frozen or locked.
    """

    id: int
    code: str
    number: int
    status: str
    held_on: date | None
    target_on: date | None
    opens_on: date | None
    closes_on: date | None
    panel: StoredPanel | None
    held: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """A participant and all their visits. `open`: new values may be recorded; `held`: no new visit
    may, the participant is frozen or locked."""

    id: int
    code: str
    sex: str
    birth_year: int
    open: bool
    screened_on: date
    visits: tuple[StoredVisit, ...]
    held: bool = False


@dataclass(frozen=True, slots=True)
class Given:
    """One value of the file for one analyte. `disputed`: the file gives another one as well."""

    entry: Entry
    line: int
    column: str
    disputed: bool = False


@dataclass(frozen=True, slots=True)
class Sample:
    """What the file says about one sample: a visit code, a day, or both, and its values."""

    id: int
    visit: str
    on: date | None
    line: int
    values: Mapping[str, Given] = field(default_factory=dict)
