"""CTCAE laboratory grades as data, one dictionary per version (clinical rules §6.2).

Limits are in the canonical units of the laboratory dictionary. A grade is the highest whose limit
is passed. Terms without numbers have no row: hyperglycaemia in version 5, IgG, gamma globulin,
prealbumin, PT in seconds; nor have grades that only the clinic gives (albumin and haemoglobin
grade 4, all of grade 5).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

Direction = Literal["up", "down"]


class Basis(StrEnum):
    """What a limit is counted from."""

    UNIT = "unit"  # the canonical unit itself
    UPPER = "upper_limit"
    LOWER = "lower_limit"
    BASELINE = "baseline"


class Condition(StrEnum):
    """What decides which of a term's two columns holds."""

    BASELINE_ABNORMAL = "baseline_abnormal"
    ANTICOAGULATED = "anticoagulated"
    SYMPTOMATIC = "symptomatic"


@dataclass(frozen=True, slots=True)
class Bound:
    """`factor` × basis + `plus`; passed beyond it, where `inclusive` on it too."""

    basis: Basis
    factor: Decimal
    plus: Decimal = Decimal(0)
    inclusive: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """A grade and the bounds of which any one reaches it."""

    grade: int
    bounds: tuple[Bound, ...]


@dataclass(frozen=True, slots=True)
class Term:
    """One laboratory term. `steps` hold, or `steps_if` where `condition` is met.

    `name` is the term as the terminology has it; `unit` the canonical unit of `analyte`.
    """

    code: str
    name: str
    analyte: str
    unit: str
    direction: Direction
    steps: tuple[Step, ...]
    condition: Condition | None = None
    steps_if: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Dictionary:
    """A version of the terminology."""

    version: str
    terms: tuple[Term, ...]

    def term(self, code: str) -> Term:
        """The term with this code; KeyError without one."""
        for term in self.terms:
            if term.code == code:
                return term
        raise KeyError(code)

    def terms_of(self, analyte: str) -> tuple[Term, ...]:
        """The terms an analyte is graded by, none for one without numbers."""
        return tuple(term for term in self.terms if term.analyte == analyte)


def ladder(basis: Basis, *factors: str, first: int = 1) -> tuple[Step, ...]:
    """Steps from grade `first` on, one bound each."""
    return tuple(
        Step(grade, (Bound(basis, Decimal(factor)),)) for grade, factor in enumerate(factors, first)
    )


def from_first(basis: Basis, first: str, *factors: str) -> tuple[Step, ...]:
    """Steps whose grade 1 begins on its bound, not beyond it."""
    start = Step(1, (Bound(basis, Decimal(first), inclusive=True),))
    return (start, *ladder(basis, *factors, first=2))


def _below(*values: str) -> tuple[Step, ...]:
    """Below the lower limit grade 1, then below each value."""
    return (*ladder(Basis.LOWER, "1"), *ladder(Basis.UNIT, *values, first=2))


def _enzyme(code: str, name: str, analyte: str, factors: tuple[str, ...], first: str) -> Term:
    return Term(
        code,
        name,
        analyte,
        "U/L",
        "up",
        ladder(Basis.UPPER, "1", *factors),
        Condition.BASELINE_ABNORMAL,
        from_first(Basis.BASELINE, first, *factors),
    )


_TRANSAMINASE = ("3", "5", "20")
_CHOLESTATIC = ("2.5", "5", "20")

_LIVER = (
    _enzyme("ALT_UP", "Alanine aminotransferase increased", "ALT", _TRANSAMINASE, "1.5"),
    _enzyme("AST_UP", "Aspartate aminotransferase increased", "AST", _TRANSAMINASE, "1.5"),
    _enzyme("ALP_UP", "Alkaline phosphatase increased", "ALP", _CHOLESTATIC, "2"),
    _enzyme("GGT_UP", "GGT increased", "GGT", _CHOLESTATIC, "2"),
    Term(
        "BILI_UP",
        "Blood bilirubin increased",
        "BILI",
        "umol/L",
        "up",
        ladder(Basis.UPPER, "1", "1.5", "3", "10"),
        Condition.BASELINE_ABNORMAL,
        ladder(Basis.BASELINE, "1", "1.5", "3", "10"),
    ),
    Term("ALB_DOWN", "Hypoalbuminemia", "ALB", "g/L", "down", _below("30", "20")),
    Term(
        "INR_UP",
        "INR increased",
        "INR",
        "INR",
        "up",
        ladder(Basis.UNIT, "1.2", "1.5", "2.5"),
        Condition.ANTICOAGULATED,
        ladder(Basis.BASELINE, "1", "1.5", "2.5"),
    ),
)


def _either(grade: int, factor: str) -> Step:
    """Beyond a multiple of the baseline or of the upper limit."""
    bounds = tuple(Bound(basis, Decimal(factor)) for basis in (Basis.BASELINE, Basis.UPPER))
    return Step(grade, bounds)


_CHEMISTRY = (
    Term(
        "CREAT_UP",
        "Creatinine increased",
        "CREAT",
        "umol/L",
        "up",
        (
            *ladder(Basis.UPPER, "1"),
            _either(2, "1.5"),
            _either(3, "3"),
            *ladder(Basis.UPPER, "6", first=4),
        ),
    ),
    # 125 to 129 mmol/L is grade 2, with symptoms grade 3: with them, below 130 is grade 3 at once.
    Term(
        "SODIUM_DOWN",
        "Hyponatremia",
        "SODIUM",
        "mmol/L",
        "down",
        _below("130", "125", "120"),
        Condition.SYMPTOMATIC,
        (*ladder(Basis.LOWER, "1"), *ladder(Basis.UNIT, "130", "120", first=3)),
    ),
    Term(
        "SODIUM_UP",
        "Hypernatremia",
        "SODIUM",
        "mmol/L",
        "up",
        (*ladder(Basis.UPPER, "1"), *ladder(Basis.UNIT, "150", "155", "160", first=2)),
    ),
    Term("GLUC_DOWN", "Hypoglycemia", "GLUC", "mmol/L", "down", _below("3.0", "2.2", "1.7")),
)


def _cells(code: str, name: str, analyte: str, *values: str) -> Term:
    return Term(code, name, analyte, "10^9/L", "down", _below(*values))


def _above_upper(grade: int, plus: str) -> Step:
    return Step(grade, (Bound(Basis.UPPER, Decimal(1), Decimal(plus)),))


_BLOOD = (
    Term("HGB_DOWN", "Anemia", "HGB", "g/L", "down", _below("100", "80")),
    Term(
        "HGB_UP",
        "Hemoglobin increased",
        "HGB",
        "g/L",
        "up",
        (_above_upper(1, "0"), _above_upper(2, "20"), _above_upper(3, "40")),
    ),
    _cells("PLAT_DOWN", "Platelet count decreased", "PLAT", "75", "50", "25"),
    _cells("WBC_DOWN", "White blood cell decreased", "WBC", "3.0", "2.0", "1.0"),
    _cells("NEUT_DOWN", "Neutrophil count decreased", "NEUT", "1.5", "1.0", "0.5"),
    _cells("LYM_DOWN", "Lymphocyte count decreased", "LYM", "0.8", "0.5", "0.2"),
    Term("WBC_UP", "Leukocytosis", "WBC", "10^9/L", "up", ladder(Basis.UNIT, "100", first=3)),
)

CTCAE_5 = Dictionary("5.0", (*_LIVER, *_CHEMISTRY, *_BLOOD))
DICTIONARIES: Mapping[str, Dictionary] = MappingProxyType({CTCAE_5.version: CTCAE_5})
