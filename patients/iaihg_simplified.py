"""The simplified IAIHG score of 2008, inclusion criterion I2 (clinical rules §1.2 and §4.1)."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from patients.points import (
    Item,
    Measured,
    Score,
    Verdict,
    ViralMarkers,
    greatest,
    open_items,
    steps,
    sums,
    verdict_of,
    yes_no,
)
from trial.protocol.truth import Truth

PROBABLE_FROM, DEFINITE_FROM = 6, 7
_FIRST, _SECOND = Decimal(40), Decimal(80)  # titres 1:40 and 1:80
_NORMAL, _RAISED = Decimal(1), Decimal("1.10")  # multiples of the upper limit of IgG


class Histology(StrEnum):
    """What the biopsy shows.

    Atypical is a hepatitis that points elsewhere; without any hepatitis the diagnosis is not made,
    whatever the points. NOT_DONE: there is no biopsy, and the score is not valid for I2.
    """

    TYPICAL = "typical"
    COMPATIBLE = "compatible"
    ATYPICAL = "atypical"
    NO_HEPATITIS = "no_hepatitis"
    NOT_DONE = "not_done"


_HISTOLOGY = {
    Histology.TYPICAL: (2,),
    Histology.COMPATIBLE: (1,),
    Histology.ATYPICAL: (0,),
    Histology.NO_HEPATITIS: (0,),
    Histology.NOT_DONE: (0, 1, 2),
    None: (0, 1, 2),
}


@dataclass(frozen=True, slots=True)
class SimplifiedInputs:
    """What is known: titres by their reciprocal, SLA as positive or not, IgG in xULN.

    None is not known, also for a test that was not done.
    """

    ana: Measured | None = None
    sma: Measured | None = None
    lkm: Measured | None = None
    sla: Truth = None
    igg: Measured | None = None
    histology: Histology | None = None
    viral: ViralMarkers = field(default_factory=ViralMarkers)


def simplified_score(inputs: SimplifiedInputs) -> Score:
    """The score, or every total it may still come to (§4.1).

    The verdict is OPEN while a component that counts is missing ("do not finalise"), save for a
    biopsy without hepatitis, which is the necessary condition: NEITHER then. A component is
    missing if its points could still change: with ANA 1:80 an unknown SLA changes nothing.
    """
    items = (
        Item("autoantibodies", _autoantibodies(inputs)),
        Item("igg", _igg(inputs.igg)),
        Item("histology", _HISTOLOGY[inputs.histology]),
        Item("viral_hepatitis", yes_no(inputs.viral.present(), 0, 2)),
    )
    possible, missing = sums(*(item.possible for item in items)), open_items(items)
    excluded = inputs.histology is Histology.NO_HEPATITIS
    return Score(items, possible, _verdict(possible, missing, excluded), missing, excluded)


def possible_verdicts(score: Score) -> frozenset[Verdict]:
    """Every verdict the missing components leave; one alone where the verdict is not OPEN."""
    if score.verdict is not Verdict.OPEN:
        return frozenset({score.verdict})
    found = {verdict_of(total, PROBABLE_FROM, DEFINITE_FROM) for total in score.possible}
    if "histology" in score.missing:  # a biopsy may yet show that there is no hepatitis
        found.add(Verdict.NEITHER)
    return frozenset(found)


def meets(score: Score, minimum: int) -> Truth:
    """Whether the score reaches the protocol's minimum (EligibilityParameters.minimum_score).

    True needs a whole score with a biopsy; False where the missing cannot lift it to the minimum
    or no hepatitis is seen; else None.
    """
    if score.excluded or score.high < minimum:
        return False
    return None if score.total is None else True


def _autoantibodies(inputs: SimplifiedInputs) -> tuple[int, ...]:
    """The greatest of the four, at most 2."""
    return greatest(
        _titre(inputs.ana),
        _titre(inputs.sma),
        (0, 2) if inputs.lkm is None else steps([(inputs.lkm.at_least(_FIRST), 2)], 0),
        yes_no(inputs.sla, 2),
    )


def _titre(titre: Measured | None) -> tuple[int, ...]:
    """ANA or SMA: 1:40 one point, 1:80 two."""
    if titre is None:
        return (0, 1, 2)
    return steps([(titre.at_least(_SECOND), 2), (titre.at_least(_FIRST), 1)], 0)


def _igg(igg: Measured | None) -> tuple[int, ...]:
    """Above the upper limit one point, above 1.10 times it two; exactly 1.10 is one."""
    if igg is None:
        return (0, 1, 2)
    return steps([(igg.above(_RAISED), 2), (igg.above(_NORMAL), 1)], 0)


def _verdict(possible: tuple[int, ...], missing: tuple[str, ...], excluded: bool) -> Verdict:
    if excluded:
        return Verdict.NEITHER
    if missing:
        return Verdict.OPEN
    return verdict_of(possible[0], PROBABLE_FROM, DEFINITE_FROM)
