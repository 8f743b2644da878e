"""Biopsies and changes of therapy as the relapse rules take them (clinical rules §3.2 (c), (d)).

Between what is recorded elsewhere and `labs.series`. Pure. What is open goes to no rule: it is
handed back by its place, to be asked about.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from labs.series import Biopsy, TherapyChange
from trial.protocol.truth import Truth, all_true
from visits.double_reading import Final
from visits.histology import Adequacy


def biopsy_of(on: date, size: Adequacy, final: Final) -> Biopsy:
    """A biopsy with the grade that counts, of both readers or of the third (§5.3).

    It is adequate if the core is large enough and the reading that counts says so; one "no"
    decides. While either is open, or no reading counts yet, it is one not read: no grade.
    """
    reading = final.reading
    adequate = all_true(size.adequate, None if reading is None else reading.adequate)
    if adequate is False:
        return Biopsy(on, None, adequate=False)
    if reading is None or adequate is None:
        return Biopsy(on, None, adequate=True)
    return Biopsy(on, reading.grade.total.value, adequate=True)


@dataclass(frozen=True, slots=True)
class Step:
    """A change of immunosuppression; `on` is None where it is not known to the day.

    `raised`: whether it reinstitutes or escalates, as `patients.steroids.raised` and
    `patients.azathioprine.raised` say. `for_relapse`: whether the reason recorded is relapse.
    """

    on: date | None
    raised: Truth
    for_relapse: Truth


@dataclass(frozen=True, slots=True)
class Therapy:
    """`changes` for the rules, in order of their days; `open` are places of steps that may be a
    relapse but can't be told to be one, or of which day."""

    changes: tuple[TherapyChange, ...]
    open: tuple[int, ...]


def therapy_of(steps: Sequence[Step]) -> Therapy:
    """The steps that raise immunosuppression; a reduction is none, whatever its reason (§7.3)."""
    changes, still_open = [], []
    for place, step in enumerate(steps):
        relapse = all_true(step.raised, step.for_relapse)
        if relapse is None or (relapse and step.on is None):
            still_open.append(place)
        elif step.raised and step.on is not None:
            changes.append(TherapyChange(step.on, for_relapse=relapse))
    return Therapy(tuple(sorted(changes, key=lambda one: one.on)), tuple(still_open))
