"""Two readers of one biopsy: do they agree, who decides, what counts (clinical rules §5.3). Pure.

§5.3 asks for two blinded readers and adjudication. Study default for the rest: the first reader's
reading counts while the second's lies within the protocol's tolerance; beyond it, or where the two
put the biopsy on different sides of remission, a third reader's reading counts alone. Readings
are never mixed or averaged: components of two readers may add up to what neither of them saw.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from trial.protocol.histology import HistologyParameters
from visits.histology import Bounds, Grade, Stage


class Difference(StrEnum):
    """What two readers differ on by more than is tolerated."""

    ADEQUACY = "adequacy"
    REMISSION = "remission"
    GRADE = "grade"
    STAGE = "stage"
    SYSTEM = "system"


class State(StrEnum):
    """Where the reading of a biopsy stands."""

    AWAITS_READER = "awaits_reader"
    INCOMPLETE = "incomplete"
    AGREED = "agreed"
    ADJUDICATE = "adjudicate"
    ADJUDICATED = "adjudicated"


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reader found; grade and stage count only where `adequate` is yes."""

    reader: str
    adequate: bool | None
    grade: Grade
    stage: Stage

    @property
    def missing(self) -> tuple[str, ...]:
        """What this reader has not answered: "adequate", the letters of components, "stage"."""
        if self.adequate is False:
            return ()
        adequate = () if self.adequate else ("adequate",)
        return (*adequate, *self.grade.missing, *(("stage",) if self.stage.value is None else ()))


@dataclass(frozen=True, slots=True)
class Agreement:
    """`agree`: None while what is missing may decide. `grade` and `stage` are how far the two lie
    apart, in points; None where they can't be compared."""

    agree: bool | None
    differ_on: tuple[Difference, ...]
    open: tuple[Difference, ...]
    grade: Bounds | None
    stage: Bounds | None


@dataclass(frozen=True, slots=True)
class Final:
    """The reading that counts, if there is one, and why there is none."""

    state: State
    reading: Reading | None
    agreement: Agreement | None
    missing: tuple[str, ...] = ()


def compare(
    parameters: HistologyParameters, first: Reading, second: Reading, remission_below: int
) -> Agreement:
    """Whether two readers agree within the protocol's tolerance; on the tolerance they agree.

    One difference decides, whatever else is missing. Two who both find the biopsy inadequate
    agree. Raises ValueError if both readings are one reader's.
    """
    if first.reader == second.reader:
        raise ValueError("Two readings of one biopsy are of two readers.")
    if first.adequate is False and second.adequate is False:
        return Agreement(True, (), (), None, None)
    answers = {first.adequate, second.adequate}
    if answers == {True, False}:
        return Agreement(False, (Difference.ADEQUACY,), (), None, None)
    if answers != {True}:  # the scores may turn out not to count
        return Agreement(None, (), (Difference.ADEQUACY,), None, None)
    return _compare_scores(parameters, first, second, remission_below)


def _compare_scores(
    parameters: HistologyParameters, first: Reading, second: Reading, remission_below: int
) -> Agreement:
    grade = first.grade.total.apart(second.grade.total)
    sides = (first.grade.total.below(remission_below), second.grade.total.below(remission_below))
    same_system = first.stage.system is second.stage.system
    stage = first.stage.bounds.apart(second.stage.bounds) if same_system else None
    fine = {
        Difference.REMISSION: None if None in sides else sides[0] is sides[1],
        Difference.GRADE: grade.below(parameters.grade_tolerance + 1),
        Difference.SYSTEM: same_system,
        Difference.STAGE: stage.below(parameters.stage_tolerance + 1) if stage else True,
    }
    differ = tuple(what for what, one in fine.items() if one is False)
    still_open = tuple(what for what, one in fine.items() if one is None)
    agree = False if differ else (None if still_open else True)
    return Agreement(agree, differ, still_open, grade, stage)


def final(
    parameters: HistologyParameters,
    first: Reading | None,
    second: Reading | None,
    third: Reading | None,
    remission_below: int,
) -> Final:
    """The reading that counts: the first reader's where two agree, else the third reader's.

    A reading that counts is complete. A third reading without a difference to settle counts for
    nothing. Raises ValueError if two of the readings are one reader's.
    """
    before = {one.reader for one in (first, second) if one is not None}
    if third is not None and third.reader in before:
        raise ValueError("Who settles a difference has not read the biopsy before.")
    if first is None or second is None:
        return Final(State.AWAITS_READER, None, None)
    agreement = compare(parameters, first, second, remission_below)
    if agreement.agree is False:
        return _adjudicated(agreement, third)
    missing = tuple(dict.fromkeys((*first.missing, *second.missing)))
    if missing:  # which it is whenever agreement is open
        return Final(State.INCOMPLETE, None, agreement, missing)
    return Final(State.AGREED, first, agreement)


def _adjudicated(agreement: Agreement, third: Reading | None) -> Final:
    if third is None:
        return Final(State.ADJUDICATE, None, agreement)
    if third.missing:
        return Final(State.ADJUDICATE, None, agreement, third.missing)
    return Final(State.ADJUDICATED, third, agreement)


def weighted_kappa(pairs: Sequence[tuple[int, int]]) -> float | None:
    """Agreement of two readers over many biopsies beyond chance, quadratic weights (Cohen 1968).

    1 is full agreement, 0 what chance gives. `pairs` are both readers' scores of each biopsy, on
    one scale of whole numbers. None without pairs, or where all scores are one number. Float: a
    statistic, not a clinical value.
    """
    if not pairs:
        return None
    count = len(pairs)
    ones, others = [one for one, _ in pairs], [other for _, other in pairs]
    seen = sum((one - other) ** 2 for one, other in pairs) * count
    # The sum over all pairs of (x - y)² without running through them.
    squares = sum(one**2 for one in ones) + sum(other**2 for other in others)
    chance = count * squares - 2 * sum(ones) * sum(others)
    return 1 - seen / chance if chance else None
