"""A liver biopsy: is it large enough, how active, how fibrotic (clinical rules §5). Pure.

Three-valued: a component that nobody read leaves bounds, never a zero. An inadequate biopsy has no
grade at all ("histology endpoint missing, not zero", §5.3).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from trial.protocol.histology import HistologyParameters
from trial.protocol.truth import Truth, all_true

# Ishak 1995 (§5.1): each component takes every whole number up to its highest. The older Knodell
# index, whose components leave numbers out, is another scale. The parts of the total, 0 to 18.
COMPONENTS: Mapping[str, int] = {"A": 4, "B": 6, "C": 4, "D": 4}
HIGHEST = sum(COMPONENTS.values())
_METAVIR_OF_ISHAK = (0, 1, 1, 2, 3, 4, 4)
# METAVIR activity: rows are piecemeal necrosis 0 to 3, columns lobular necrosis 0 to 2.
_ACTIVITY = ((0, 1, 2), (1, 1, 2), (2, 2, 3), (3, 3, 3))


class ScoreError(ValueError):
    """A score that its scale doesn't have; `field` names the component or stage."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class System(StrEnum):
    """The system a stage was read in; §5.2: no stage is converted on its own."""

    ISHAK = "ishak"
    METAVIR = "metavir"

    @property
    def highest(self) -> int:
        """The stage of cirrhosis."""
        return 6 if self is System.ISHAK else 4


class Outcome(StrEnum):
    """What a biopsy says about remission (§3.1)."""

    REMISSION = "remission"
    ACTIVE = "active"
    NOT_EVALUABLE = "not_evaluable"


@dataclass(frozen=True, slots=True)
class Bounds:
    """The lowest and highest number that what is known allows; equal when it is known."""

    low: int
    high: int

    @property
    def value(self) -> int | None:
        """The number itself, None while it is open."""
        return self.low if self.low == self.high else None

    def below(self, limit: int) -> Truth:
        """Whether the number lies below `limit`; None if the bounds allow both."""
        if self.high < limit:
            return True
        return False if self.low >= limit else None

    def less(self, other: "Bounds") -> "Bounds":
        """This number minus the other."""
        return Bounds(self.low - other.high, self.high - other.low)

    def apart(self, other: "Bounds") -> "Bounds":
        """How far the two lie apart, whichever is higher."""
        difference = self.less(other)
        far = max(abs(difference.low), abs(difference.high))
        near = max(0, difference.low, -difference.high)
        return Bounds(near, far)


# --- size ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Size:
    """What was measured of a core: length in mm, complete portal tracts; None: not recorded.

    `judged` is the answer to "adequate?" on the form.
    """

    core_mm: Decimal | None = None
    portal_tracts: int | None = None
    judged: Truth = None


@dataclass(frozen=True, slots=True)
class Adequacy:
    """Whether a biopsy can be scored, and whether it is of the ideal size; None: not known.

    `short` names what is too little ("core_mm", "portal_tracts", "judged"), `missing` what has
    not been recorded, even where the answer is known without it.
    """

    adequate: Truth
    ideal: Truth
    short: tuple[str, ...]
    missing: tuple[str, ...]


def adequacy(parameters: HistologyParameters, size: Size) -> Adequacy:
    """Both length and tracts have to be enough, and nobody may have judged it inadequate (§5.3).

    As with the eligibility criteria, a "no" on paper stands, whatever the numbers say; a "yes"
    cannot replace them. Raises ScoreError for a length not above 0 or a negative count.
    """
    core = size.core_mm
    if core is not None and not (core.is_finite() and core > 0):
        raise ScoreError("core_mm")
    if size.portal_tracts is not None and size.portal_tracts < 0:
        raise ScoreError("portal_tracts")
    enough = {
        "core_mm": _reaches(size.core_mm, parameters.core_mm),
        "portal_tracts": _reaches(size.portal_tracts, parameters.portal_tracts),
        "judged": size.judged,
    }
    adequate = all_true(*enough.values())
    ideal = all_true(
        adequate,
        _reaches(size.core_mm, parameters.core_mm_ideal),
        _reaches(size.portal_tracts, parameters.portal_tracts_ideal),
    )
    short = tuple(name for name, one in enough.items() if one is False)
    missing = tuple(name for name, one in enough.items() if one is None)
    return Adequacy(adequate, ideal, short, missing)


def _reaches(value: Decimal | int | None, bound: Decimal | int) -> Truth:
    return None if value is None else value >= bound


# --- activity -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Grade:
    """The four components of the mHAI as read; None: not read.

    A: periportal or periseptal interface hepatitis; B: confluent necrosis; C: focal lytic
    necrosis, apoptosis and focal inflammation; D: portal inflammation. Raises ScoreError for a
    number that the component doesn't have: A, C and D reach 4, B reaches 6 (§5.1).
    """

    a: int | None = None
    b: int | None = None
    c: int | None = None
    d: int | None = None

    def __post_init__(self) -> None:
        for name, score in self.components.items():
            if not _on_scale(score, COMPONENTS[name]):
                raise ScoreError(name)

    @property
    def components(self) -> Mapping[str, int | None]:
        """The scores by the letter of their component."""
        return {"A": self.a, "B": self.b, "C": self.c, "D": self.d}

    @property
    def missing(self) -> tuple[str, ...]:
        """The letters of the components that were not read."""
        return tuple(name for name, score in self.components.items() if score is None)

    @property
    def total(self) -> Bounds:
        """The sum, 0 to 18; what was not read counts from nothing to its component's highest."""
        read = sum(score for score in self.components.values() if score is not None)
        return Bounds(read, read + sum(COMPONENTS[name] for name in self.missing))


@dataclass(frozen=True, slots=True)
class Remission:
    """An outcome with the bounds of the total it rests on, and with what is missing for it.

    `total` is None where the biopsy is inadequate or nobody knows whether it is adequate.
    """

    outcome: Outcome
    total: Bounds | None
    missing: tuple[str, ...]


def remission(size: Adequacy, grade: Grade, below: int) -> Remission:
    """Remission is an mHAI total under `below`: 3 is, 4 is not (§3.1, §5.1).

    `below` is the protocol's `mhai_remission_below`. A total that is open decides where every
    value left to it gives the same answer: A = 4 is active, whatever the others are.
    """
    if not size.adequate:
        missing = size.missing if size.adequate is None else ()
        return Remission(Outcome.NOT_EVALUABLE, None, missing)
    quiet = grade.total.below(below)
    if quiet is None:
        return Remission(Outcome.NOT_EVALUABLE, grade.total, grade.missing)
    outcome = Outcome.REMISSION if quiet else Outcome.ACTIVE
    return Remission(outcome, grade.total, grade.missing)


def grade_change(before: Remission, after: Remission) -> Bounds | None:
    """By how many points the total changed, negative for less; None where one has no total.

    The primary outcome is the change (study summary); from which change on somebody has
    responded is not stated, so there is no such rule here.
    """
    if before.total is None or after.total is None:
        return None
    return after.total.less(before.total)


# --- fibrosis -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage in the system it was read in: Ishak 0 to 6, METAVIR F0 to F4; None: not read.

    Raises ScoreError for a stage the system doesn't have.
    """

    system: System
    value: int | None

    def __post_init__(self) -> None:
        if not _on_scale(self.value, self.system.highest):
            raise ScoreError("stage")

    @property
    def bounds(self) -> Bounds:
        """The stage, or the whole scale while it was not read."""
        if self.value is None:
            return Bounds(0, self.system.highest)
        return Bounds(self.value, self.value)


def stage_change(before: Stage, after: Stage) -> Bounds | None:
    """By how many stages fibrosis changed, negative for less; None across systems (§5.2)."""
    if before.system is not after.system:
        return None
    return after.bounds.less(before.bounds)


def rough_metavir(ishak: int) -> int:
    """The METAVIR stage that roughly fits an Ishak stage: 1 and 2 are F1, 5 and 6 are F4 (§5.2).

    To be confirmed, and for a reader's eye alone: no stored stage and no endpoint is made of it.
    """
    return _METAVIR_OF_ISHAK[_required(ishak, 6)]


def rough_ishak(metavir: int) -> Bounds:
    """The Ishak stages that roughly fit a METAVIR stage: F1 is 1 to 2 (§5.2); as above."""
    wanted = _required(metavir, 4)
    found = [stage for stage, one in enumerate(_METAVIR_OF_ISHAK) if one == wanted]
    return Bounds(found[0], found[-1])


def metavir_activity(piecemeal: int | None, lobular: int | None) -> Bounds:
    """METAVIR activity A0 to A3 from piecemeal (0 to 3) and lobular necrosis (0 to 2) (§5.2).

    Raises ScoreError for a number a scale doesn't have; what was not read leaves bounds.
    """
    if not _on_scale(piecemeal, 3):
        raise ScoreError("piecemeal")
    if not _on_scale(lobular, 2):
        raise ScoreError("lobular")
    rows = _ACTIVITY if piecemeal is None else (_ACTIVITY[piecemeal],)
    cells = [cell for row in rows for cell in (row if lobular is None else (row[lobular],))]
    return Bounds(min(cells), max(cells))


def _on_scale(score: int | None, highest: int) -> bool:
    return score is None or (type(score) is int and 0 <= score <= highest)


def _required(stage: int, highest: int) -> int:
    if stage is None or not _on_scale(stage, highest):
        raise ScoreError("stage")
    return stage
