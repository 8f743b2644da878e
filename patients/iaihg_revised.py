"""The revised original IAIHG score of 1999, before and after treatment (clinical rules §4.2)."""

from dataclasses import dataclass, field
from decimal import Context, Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import product
from typing import Literal

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
from trial.protocol.diagnosis import RevisedScoreParameters
from trial.protocol.truth import Truth

PROBABLE_BEFORE, DEFINITE_BEFORE = 10, 16  # probable 10 to 15, definite above 15
PROBABLE_AFTER, DEFINITE_AFTER = 12, 18  # probable 12 to 17, definite above 17
_FIRST, _SECOND = Decimal(40), Decimal(80)  # titres 1:40 and 1:80
_ONE, _MIDDLE, _TWO, _THREE = Decimal(1), Decimal("1.5"), Decimal(2), Decimal(3)
_LITTLE_ALCOHOL, _MUCH_ALCOHOL = Decimal(25), Decimal(60)  # grams a day
_CONTEXT = Context(prec=28)


class Response(StrEnum):
    """The response to therapy: none, complete, or relapse after a complete one."""

    NONE = "none"
    COMPLETE = "complete"
    RELAPSE = "relapse"


@dataclass(frozen=True, slots=True)
class HistologyFindings:
    """What the biopsy shows; None is not known. Biliary and other changes come on top."""

    interface: Truth = None
    lymphoplasmacytic: Truth = None
    rosettes: Truth = None
    biliary: Truth = None
    other: Truth = None


@dataclass(frozen=True, slots=True)
class RevisedInputs:
    """What is known; None is not known, also for a test that was not done.

    `enzyme_ratio` is that of `enzyme_ratio()`; globulins and IgG in xULN, either will do; titres
    by their reciprocal; alcohol in grams a day.
    """

    sex: Literal["F", "M"] | None = None
    enzyme_ratio: Measured | None = None
    globulins: Measured | None = None
    igg: Measured | None = None
    ana: Measured | None = None
    sma: Measured | None = None
    lkm1: Measured | None = None
    ama: Truth = None
    viral: ViralMarkers = field(default_factory=ViralMarkers)
    hepatotoxic_drugs: Truth = None
    alcohol: Measured | None = None
    histology: HistologyFindings = field(default_factory=HistologyFindings)
    other_autoimmune_disease: Truth = None
    other_autoantibodies: Truth = None
    hla_dr3_or_dr4: Truth = None


def enzyme_ratio(
    alp: Decimal, alp_upper: Decimal, transaminase: Decimal, transaminase_upper: Decimal
) -> Measured:
    """ALP to AST (or ALT), each as a multiple of its upper limit, of exact results in U/L.

    Multiplied crosswise and divided once: two multiples that have no end, 100/120 and 20/36, may
    have a ratio that lies on a limit, 1.5. Raises ValueError for an ALP below 0, or a transaminase
    or an upper limit not above 0.
    """
    divisors = (alp_upper, transaminase, transaminase_upper)
    if not all(one.is_finite() and one > 0 for one in divisors):
        raise ValueError("A transaminase and an upper limit lie above 0.")
    if not alp.is_finite():
        raise ValueError("An ALP is a number from 0.")
    ratio = Fraction(alp) * Fraction(transaminase_upper)
    ratio /= Fraction(alp_upper) * Fraction(transaminase)
    return Measured(_CONTEXT.divide(Decimal(ratio.numerator), Decimal(ratio.denominator)))


def score_before(inputs: RevisedInputs, parameters: RevisedScoreParameters) -> Score:
    """The score before treatment: definite above 15, probable from 10 (§4.2).

    The verdict stands as soon as every total still possible agrees on it, else it is OPEN.
    """
    return _score(_items(inputs, parameters), PROBABLE_BEFORE, DEFINITE_BEFORE)


def score_after(
    inputs: RevisedInputs, response: Response | None, parameters: RevisedScoreParameters
) -> Score:
    """The score after treatment, with the response's points: definite above 17, probable from 12.

    `inputs` are those of the diagnosis. A response of None is not known. The verdict stands as
    soon as every total still possible agrees on it, else it is OPEN.
    """
    item = Item("response", _RESPONSE[response])
    return _score((*_items(inputs, parameters), item), PROBABLE_AFTER, DEFINITE_AFTER)


_RESPONSE = {
    Response.NONE: (0,),
    Response.COMPLETE: (2,),
    Response.RELAPSE: (3,),
    None: (0, 2, 3),
}


def _items(inputs: RevisedInputs, parameters: RevisedScoreParameters) -> tuple[Item, ...]:
    antibodies = greatest(*(_titre(one) for one in (inputs.ana, inputs.sma, inputs.lkm1)))
    female = None if inputs.sex is None else inputs.sex == "F"
    return (
        Item("sex", yes_no(female, 2)),
        Item("enzyme_ratio", _enzyme_ratio(inputs.enzyme_ratio)),
        Item("globulins_or_igg", _globulins_or_igg(inputs)),
        Item("autoantibodies", antibodies),
        Item("ama", yes_no(inputs.ama, -4)),
        Item("viral_markers", yes_no(inputs.viral.present(), -3, 3)),
        Item("hepatotoxic_drugs", yes_no(inputs.hepatotoxic_drugs, -4, 1)),
        Item("alcohol", _alcohol(inputs.alcohol)),
        Item("histology", _histology(inputs.histology)),
        Item("other_autoimmune_disease", yes_no(inputs.other_autoimmune_disease, 2)),
        *_optional(inputs, antibodies, parameters),
    )


def _optional(
    inputs: RevisedInputs, antibodies: tuple[int, ...], parameters: RevisedScoreParameters
) -> tuple[Item, Item]:
    """Other autoantibodies and HLA, by the protocol's choice only where the usual are negative.

    While it is open whether they are, a total may combine points that exclude each other: its
    bounds are wide rather than wrong.
    """
    other = yes_no(inputs.other_autoantibodies, 2)
    hla = yes_no(inputs.hla_dr3_or_dr4, 1)
    if parameters.optional_only_if_seronegative and antibodies != (0,):
        other, hla = (
            tuple(sorted({0, *points})) if 0 in antibodies else (0,) for points in (other, hla)
        )
    return Item("other_autoantibodies", other), Item("hla", hla)


def _titre(titre: Measured | None) -> tuple[int, ...]:
    """Above 1:80 three points, 1:80 two, from 1:40 one."""
    if titre is None:
        return (0, 1, 2, 3)
    rungs = [(titre.above(_SECOND), 3), (titre.at_least(_SECOND), 2), (titre.at_least(_FIRST), 1)]
    return steps(rungs, 0)


def _enzyme_ratio(ratio: Measured | None) -> tuple[int, ...]:
    """Below 1.5 two points, above 3.0 minus two; both bounds themselves are 0."""
    if ratio is None:
        return (-2, 0, 2)
    return steps([(ratio.above(_THREE), -2), (ratio.at_least(_MIDDLE), 0)], 2)


def _globulins_or_igg(inputs: RevisedInputs) -> tuple[int, ...]:
    """Either will do; of both the greater counts."""
    known = [_multiple(one) for one in (inputs.globulins, inputs.igg) if one is not None]
    return greatest(*known) if known else (0, 1, 2, 3)


def _multiple(value: Measured) -> tuple[int, ...]:
    """Above 2.0 three points, from 1.5 two, from 1.0 one."""
    rungs = [(value.above(_TWO), 3), (value.at_least(_MIDDLE), 2), (value.at_least(_ONE), 1)]
    return steps(rungs, 0)


def _alcohol(grams: Measured | None) -> tuple[int, ...]:
    """Below 25 g a day two points, above 60 minus two, between nothing."""
    if grams is None:
        return (-2, 0, 2)
    return steps([(grams.above(_MUCH_ALCOHOL), -2), (grams.at_least(_LITTLE_ALCOHOL), 0)], 2)


def _histology(found: HistologyFindings) -> tuple[int, ...]:
    """Every sum of points the findings allow: minus five for none of the first three."""
    findings = (
        found.interface,
        found.lymphoplasmacytic,
        found.rosettes,
        found.biliary,
        found.other,
    )
    choices = [(False, True) if one is None else (one,) for one in findings]
    return tuple(sorted({_histology_points(*one) for one in product(*choices)}))


def _histology_points(
    interface: bool, lymphoplasmacytic: bool, rosettes: bool, biliary: bool, other: bool
) -> int:
    typical = 3 * interface + lymphoplasmacytic + rosettes
    return (typical or -5) - 3 * biliary - 3 * other


def _score(items: tuple[Item, ...], probable_from: int, definite_from: int) -> Score:
    possible = sums(*(item.possible for item in items))
    verdicts = {verdict_of(total, probable_from, definite_from) for total in possible}
    verdict = verdicts.pop() if len(verdicts) == 1 else Verdict.OPEN
    return Score(items, possible, verdict, open_items(items))
