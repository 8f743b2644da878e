"""What counts for a biopsy, worked out anew whenever a reading or the biopsy's sheet changes."""

from django.utils import timezone

from patients import services as patients
from trial.audit.context import Actor, transaction
from trial.crf.consequences import Change
from trial.protocol import registry
from visits.double_reading import Reading
from visits.histology import Size
from visits.models import Biopsy, FinalHistology, HistologyReading
from visits.models.reading import BiopsyRow
from visits.reading_values import ALGORITHM, Derived, derive, reading_of

PROCESS = "central-reading"  # who a reader is, the trail of the result does not say


def settle(*, biopsy_id: int, by: Actor) -> FinalHistology:
    """Work out what counts for a biopsy and keep it. Results that rest on it are computed anew.

    Locks the biopsy: of two readings that come at once, the later one sees both.
    """
    with transaction(by=Actor.system(PROCESS, by.request_id)):
        biopsy = _lock(biopsy_id)
        readings = latest_of(biopsy_id)
        derived = _derived(biopsy, readings)
        stored = FinalHistology.objects.filter(biopsy_id=biopsy_id).first()
        before = _course(stored)
        after = _kept(biopsy, stored, derived, readings)
        if _course(after) != before:
            note_course(biopsy=biopsy, by=by)
        return after


def note_course(*, biopsy: BiopsyRow, by: Actor) -> None:
    """Have what rests on the participant's biopsies computed anew."""
    system = Actor.system(PROCESS, by.request_id)
    patients.note_course_change(participant=biopsy.participant, by=system)


def follow(change: Change) -> None:
    """After a save of a biopsy's sheet: its size says whether it can be scored, its day where it
    stands in the course."""
    row: BiopsyRow = change.row
    settled = settle(biopsy_id=row.pk, by=change.by)
    if "taken_at" in change.changed and settled.mhai is not None:
        note_course(biopsy=row, by=change.by)


def latest_of(biopsy_id: int) -> dict[int, HistologyReading]:
    """The newest reading of each reader who still reads this biopsy, by the reader's place."""
    rows = HistologyReading.objects.filter(
        assignment__biopsy_id=biopsy_id, assignment__withdrawn_at=None
    ).select_related("assignment")
    return {row.assignment.place: row for row in rows.order_by("assignment__place", "number")}


def _course(row: FinalHistology | None) -> tuple[bool | None, int | None]:
    """What results of the participant's course rest on."""
    return (row.adequate, row.mhai) if row else (None, None)


def _lock(biopsy_id: int) -> BiopsyRow:
    rows = Biopsy.objects.select_for_update(of=("self",))
    found: BiopsyRow = rows.select_related("participant__site", "visit").get(pk=biopsy_id)
    return found


def _derived(biopsy: BiopsyRow, readings: dict[int, HistologyReading]) -> Derived:
    protocol = registry.get(biopsy.visit.protocol_version)
    size = Size(biopsy.core_mm, biopsy.portal_tracts, biopsy.adequate)
    found: dict[int, Reading] = {
        place: reading_of(str(row.assignment.reader_id), row.values)
        for place, row in readings.items()
    }
    return derive(protocol.histology, protocol.endpoints.mhai_remission_below, size, found)


def _kept(
    biopsy: BiopsyRow,
    before: FinalHistology | None,
    derived: Derived,
    readings: dict[int, HistologyReading],
) -> FinalHistology:
    """The row as it is now; it is written only if it says something else."""
    values = {
        "state": derived.final.state.value,
        "reading": _source(derived, readings),
        "adequate": derived.adequate,
        "mhai": derived.mhai,
        "stage_system": derived.stage.system.value if derived.stage else "",
        "stage": derived.stage.value if derived.stage else None,
        "outcome": derived.outcome.value,
        "protocol_version": biopsy.visit.protocol_version,
        "algorithm": ALGORITHM,
    }
    row = before or FinalHistology(biopsy=biopsy, version=0)
    if before is not None and all(getattr(row, name) == value for name, value in values.items()):
        return row
    for name, value in values.items():
        setattr(row, name, value)
    row.version += 1
    row.saved_at, row.saved_by = timezone.now(), Actor.system(PROCESS).name
    row.save(force_insert=before is None)
    return row


def _source(derived: Derived, readings: dict[int, HistologyReading]) -> HistologyReading | None:
    """The stored reading that the counting one was made of."""
    if derived.final.reading is None:
        return None
    reader = derived.final.reading.reader
    return next(row for row in readings.values() if str(row.assignment.reader_id) == reader)
