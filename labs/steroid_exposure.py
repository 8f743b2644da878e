"""Steroids of many participants in figures, and who responded without them (clinical rules §7.3).

For reports: the pages of one participant show the same (patients/therapy_panel.py).
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from labs.selectors import samples_of
from labs.series import Sample
from labs.timeline import in_cbr
from patients.exposure import Exposure, exposure_of
from patients.models import AihTherapy, Participant
from patients.steroids import steroid_free_response
from patients.therapy_lines import TherapyLine, lines_of, steroids_in
from trial.protocol.therapy import SteroidParameters
from trial.protocol.truth import Truth


@dataclass(frozen=True, slots=True)
class SteroidExposure:
    """One participant: `exposure` None where no steroid is recorded with its beginning.

    `response` says whether the newest sample that can answer shows a complete biochemical response
    on a day free of steroids; `sampled_on` is that day.
    """

    participant_id: int
    code: str
    exposure: Exposure | None
    sampled_on: date | None
    response: Truth


def steroid_exposures(
    participants: Collection[Participant], parameters: SteroidParameters
) -> list[SteroidExposure]:
    """Everybody's exposure until today or the end of taking part, in the order given. The
    participants come with their sites; three statements however many they are."""
    ids = [one.pk for one in participants]
    lines, samples = _lines_of(ids), samples_of(ids)
    return [
        _exposure(one, lines.get(one.pk, ()), samples.get(one.pk, ()), parameters)
        for one in participants
    ]


def _lines_of(ids: Collection[int]) -> dict[int, tuple[TherapyLine, ...]]:
    rows = AihTherapy.objects.standing().filter(participant__in=ids)
    by_person = defaultdict(list)
    for row in rows.order_by("participant", "number"):
        by_person[row.participant_id].append((row.number, row.values))
    return {person: lines_of(found) for person, found in by_person.items()}


def _exposure(
    person: Participant,
    lines: tuple[TherapyLine, ...],
    samples: tuple[Sample, ...],
    parameters: SteroidParameters,
) -> SteroidExposure:
    until = min(person.site.today(), person.ended_on or date.max)
    answering = [one for one in samples if in_cbr(one) is not None and one.collected_on <= until]
    newest = answering[-1] if answering else None
    response: Truth = None
    if newest is not None:
        regimens = steroids_in(lines)
        response = steroid_free_response(in_cbr(newest), regimens, newest.collected_on, parameters)
    return SteroidExposure(
        participant_id=person.pk,
        code=person.code,
        exposure=exposure_of(lines, until, parameters),
        sampled_on=newest.collected_on if newest else None,
        response=response,
    )
