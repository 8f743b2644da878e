"""What the laboratory and the genotype say against azathioprine (clinical rules §7.2)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from patients.azathioprine import StartHindrance, held, start_hindrances
from patients.models import Participant
from patients.points import Measured
from safety.grading import Draw
from safety.selectors.courses import LabCourse, courses
from trial.protocol.casebook.genotype import TESTED
from trial.protocol.crf import Facts, Row
from trial.protocol.partial import latest
from trial.protocol.therapy import AzathioprineParameters

_COUNTS = ("WBC", "PLAT")
DRUG = "azathioprine"


class Against(StrEnum):
    """What speaks against it: a count to hold it for, or something at its start."""

    LEUKOCYTES = "leukocytes"
    PLATELETS = "platelets"
    BILIRUBIN = "bilirubin"
    BILIRUBIN_MISSING = "bilirubin_missing"
    TPMT_MISSING = "tpmt_missing"
    NUDT15_MISSING = "nudt15_missing"


@dataclass(frozen=True, slots=True)
class AzathioprineWarning:
    """One warning: the result behind it with its day, the line of the therapy it is about, and
    whether azathioprine is being taken, as far as it is entered. For the reader to decide."""

    code: Against
    value: Measured | None
    on: date | None
    line: int | None
    taking: bool


def azathioprine_warnings(
    participant: Participant, facts: Facts
) -> tuple[AzathioprineWarning, ...]:
    """What speaks against azathioprine now, and spoke against each course of it at its start.

    Counts are the newest usable ones; a result whose comparator leaves it open warns of nothing
    but a missing bilirubin. `facts` are those of the form's page. Two statements.
    """
    person = Participant.objects.filter(pk=participant.pk)
    [course] = courses(person, (*_COUNTS, "BILI"))
    parameters = course.protocol.azathioprine
    lines = [row for row in facts.all("aih_therapy") if row["drug"] == DRUG]
    taking = any(row["ongoing"] for row in lines)
    found = [*_holds(course, parameters, taking)]
    for row in lines:
        if row["change_reason"] == "first" and row["started"]:
            found += _at_start(course, facts, row, parameters, taking)
    return tuple(found)


def _holds(
    course: LabCourse, parameters: AzathioprineParameters, taking: bool
) -> Iterable[AzathioprineWarning]:
    leukocytes, platelets = (_newest(course, code) for code in _COUNTS)
    if held(_measured(leukocytes), None, parameters):
        yield _warning(Against.LEUKOCYTES, leukocytes, None, taking)
    if held(None, _measured(platelets), parameters):
        yield _warning(Against.PLATELETS, platelets, None, taking)


def _at_start(
    course: LabCourse,
    facts: Facts,
    row: Row,
    parameters: AzathioprineParameters,
    taking: bool,
) -> Iterable[AzathioprineWarning]:
    bilirubin = _newest(course, "BILI", latest(row["started"]))
    genotype = next(iter(facts.all("genotype")), None)
    hindrances = start_hindrances(
        _measured(bilirubin),
        tpmt_known=genotype is not None and genotype["tpmt"] in TESTED,
        nudt15_known=genotype is not None and genotype["nudt15"] in TESTED,
        parameters=parameters,
    )
    for one in hindrances:
        about = bilirubin if one is StartHindrance.BILIRUBIN else None
        yield _warning(Against(one.value), about, row.number, taking)


def _newest(course: LabCourse, analyte: str, upto: date | None = None) -> Draw | None:
    """The last usable result, of a day or before."""
    usable = [
        one
        for one in course.draws.get(analyte, ())
        if one.counted is not None and (upto is None or one.on <= upto)
    ]
    return max(usable, key=lambda one: one.order, default=None)


def _measured(draw: Draw | None) -> Measured | None:
    if draw is None or draw.observation.value < 0:
        return None
    return Measured(draw.observation.value, draw.observation.comparator)  # type: ignore[arg-type]


def _warning(
    code: Against, draw: Draw | None, line: int | None, taking: bool
) -> AzathioprineWarning:
    return AzathioprineWarning(code, _measured(draw), draw.on if draw else None, line, taking)
