"""A reader's answers as the rules of double reading take them, and what follows for the biopsy.

Pure: between the form of trial/protocol/casebook/histology_reading.py and visits/histology.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from trial.protocol.histology import HistologyParameters
from trial.protocol.truth import Truth, all_true
from visits import double_reading, histology
from visits.double_reading import Final, Reading
from visits.histology import Grade, Outcome, Size, Stage, System

ALGORITHM = "double-reading-1"
Values = Mapping[str, Any]


def grade_of(values: Values) -> Grade:
    """The four components as they were answered; a score that was not given is not read."""
    a, b, c, d = (_score(values.get(f"mhai_{letter}")) for letter in "abcd")
    return Grade(a, b, c, d)


def stage_of(values: Values) -> Stage:
    """The stage in the system it was read in."""
    system = System(values.get("stage_system") or System.ISHAK)
    return Stage(system, _score(values.get(f"stage_{system.value}")))


def reading_of(reader: str, values: Values) -> Reading:
    """A reader's answers. Nothing is scored where the biopsy is not found adequate."""
    return Reading(reader, values.get("adequate"), grade_of(values), stage_of(values))


def _score(code: Any) -> int | None:
    return int(code) if code not in (None, "") else None


@dataclass(frozen=True, slots=True)
class Derived:
    """What counts for a biopsy. `mhai`, `stage`: None unless it is adequate and one counts."""

    final: Final
    adequate: Truth
    outcome: Outcome
    mhai: int | None
    stage: Stage | None


def derive(
    parameters: HistologyParameters,
    below: int,
    size: Size,
    readings: Mapping[int, Reading],
) -> Derived:
    """What counts, of `readings` by the reader's place (1 and 2, 3 for who settles a difference).

    Adequate is a biopsy that is large enough and that the reading that counts finds adequate; one
    "no" decides (§5.3: then the endpoint is missing, not zero). `below`: the mHAI under which it
    is remission.
    """
    found = double_reading.final(
        parameters, readings.get(1), readings.get(2), readings.get(3), below
    )
    measured = histology.adequacy(parameters, size)
    reading = found.reading
    adequate = all_true(measured.adequate, reading.adequate if reading else None)
    grade = reading.grade if reading else Grade()
    result = histology.remission(replace(measured, adequate=adequate), grade, below)
    counts = reading is not None and adequate is True
    return Derived(
        final=found,
        adequate=adequate,
        outcome=result.outcome,
        mhai=grade.total.value if counts else None,
        stage=reading.stage if reading and counts else None,
    )
