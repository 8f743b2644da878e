"""Reading about labs: what waits for its evaluation, ranges, and a participant's series."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from decimal import Decimal

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from labs.course_reading import biopsies, therapy_changes
from labs.evaluate import ALGORITHM
from labs.models import (
    EvaluationRun,
    Laboratory,
    LaboratoryUnit,
    Panel,
    ReferenceRange,
    Result,
    Series,
)
from labs.series import Observation, ParticipantSeries, Sample
from patients.models import Participant
from trial.access.selectors import protocol_at
from trial.protocol.ranges import RangeRow
from trial.protocol.version import ProtocolVersion
from visits.models import Status as VisitStatus


def pending() -> QuerySet[Series]:
    """Series whose newest version this algorithm has not evaluated: the truth about what waits."""
    done = EvaluationRun.objects.filter(
        series=OuterRef("pk"),
        series_version=OuterRef("version"),
        participant_version=OuterRef("participant__version"),
        algorithm=ALGORITHM,
    )
    return Series.objects.filter(~Exists(done))


def is_pending(participant: Participant) -> bool:
    """Whether the participant's labs wait for their evaluation."""
    return pending().filter(participant=participant).exists()


def ranges_of(laboratory_id: int, analytes: Iterable[str]) -> dict[str, list[RangeRow]]:
    """The laboratory's reference ranges by LBTESTCD, as the protocol's rules take them."""
    found: dict[str, list[RangeRow]] = defaultdict(list)
    rows = ReferenceRange.objects.filter(laboratory=laboratory_id, analyte__in=list(analytes))
    for row in rows:
        found[row.analyte].append(range_row(row))
    return found


def range_row(row: ReferenceRange) -> RangeRow:
    """A stored range as the protocol's rules take it."""
    return RangeRow(
        low=row.low,
        high=row.high,
        unit=row.unit,
        sex=row.sex or None,
        age_low=row.age_from,
        age_high=row.age_to,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        id=row.pk,
    )


def series_of(participant: Participant) -> ParticipantSeries:
    """Everything the evaluation rests on, as the pure rules take it. Five statements.

    What raises treatment is judged by the protocol that judges the course (`protocol_of`).
    """
    missed = participant.visits.filter(status=VisitStatus.MISSED, target_on__isnull=False)
    samples = samples_of([participant.pk]).get(participant.pk, ())
    protocol = protocol_of(participant, samples)
    return ParticipantSeries(
        participant_id=participant.pk,
        sex_for_meld="M" if participant.sex_for_meld == "M" else "F",
        day0_on=participant.day0_on,
        induction_started_on=participant.induction_started_on,
        samples=samples,
        biopsies=biopsies(participant),
        therapy_changes=therapy_changes(participant, protocol.steroids),
        missed_visits=tuple(visit.target_on for visit in missed if visit.target_on),
    )


def samples_of(participants: Collection[int]) -> dict[int, tuple[Sample, ...]]:
    """The samples of participants, each one's in order of their days. Two statements."""
    panels = (
        Panel.objects.filter(visit__participant__in=participants)
        .select_related("visit")
        .order_by("collected_on", "id")
    )
    results = Result.objects.filter(
        panel__visit__participant__in=participants, canonical__isnull=False
    )
    by_panel: dict[int, dict[str, Observation]] = defaultdict(dict)
    for result in results:
        if result.value is not None and result.canonical is not None:
            observation = _observation(result, result.value, result.canonical)
            by_panel[result.panel_id][result.analyte] = observation
    found: dict[int, list[Sample]] = defaultdict(list)
    for panel in panels:
        found[panel.visit.participant_id].append(_sample(panel, by_panel[panel.pk]))
    return {person: tuple(samples) for person, samples in found.items()}


def protocol_of(participant: Participant, samples: Sequence[Sample]) -> ProtocolVersion:
    """The protocol that judges a course: that of its newest sample."""
    newest = max((one.collected_on for one in samples), default=participant.screened_on)
    return protocol_at(participant.site, newest)


def _observation(result: Result, value: Decimal, canonical: Decimal) -> Observation:
    return Observation(
        result_id=result.pk,
        analyte=result.analyte,
        entered=value,
        entered_unit=result.unit,
        comparator=result.comparator,
        value=canonical,
        lower=result.range_low,
        upper=result.range_high,
    )


def _sample(panel: Panel, observations: dict[str, Observation]) -> Sample:
    visit = panel.visit
    return Sample(
        panel_id=panel.pk,
        panel_version=panel.version,
        visit_code=visit.code,
        scheduled=visit.number == 0,
        collected_on=panel.collected_on,
        usable=panel.sample_state == "good",
        observations=observations,
        dialysis=panel.dialysis,
        pt_isi=panel.pt_isi,
        pt_mnpt=panel.pt_mnpt,
        target_on=visit.target_on,
        window_opens=visit.opens_on,
        window_closes=visit.closes_on,
    )


def previous_results(participant: Participant, before: date, limit: int = 3) -> list[Panel]:
    """The participant's last panels before a date, newest first, with their results."""
    return list(
        Panel.objects.filter(visit__participant=participant, collected_on__lt=before)
        .select_related("visit")
        .prefetch_related("results")
        .order_by(F("collected_on").desc(), "-id")[:limit]
    )


def results_of(participant_id: int) -> list[Result]:
    """All results of a participant with their panels and visits, oldest sample first."""
    return list(
        Result.objects.filter(panel__visit__participant=participant_id)
        .select_related("panel__visit")
        .order_by("panel__collected_on", "panel_id", "id")
    )


def laboratories_for(site_id: int) -> list[Laboratory]:
    """The laboratories that work for a site: its own and the central ones."""
    return list(Laboratory.objects.filter(Q(site=site_id) | Q(site=None)))


def last_panels(site_id: int) -> dict[int, Panel]:
    """The panel a site saved last with each laboratory: what its form proposes the next time."""
    rows = (
        Panel.objects.filter(visit__participant__site=site_id)
        .order_by("laboratory_id", "-saved_at")
        .distinct("laboratory_id")
    )
    return {panel.laboratory_id: panel for panel in rows}


def units_of(laboratory_id: int) -> dict[str, str]:
    """The unit a laboratory last reported each analyte in."""
    rows = LaboratoryUnit.objects.filter(laboratory=laboratory_id)
    return dict(rows.values_list("analyte", "unit"))
