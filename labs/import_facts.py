"""Reading what an import rests on: participants with their visits, panels and results.

A page of participants costs six statements, however many they are.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date
from functools import cache

from django.db.models import Count, Sum

from labs.import_wording import remark
from labs.importing.facts import Person, StoredPanel, StoredResult, StoredVisit
from labs.importing.mapping import FileMapping
from labs.importing.planning import Setting
from labs.models import ImportBatch, Panel, ReferenceRange, Result
from labs.selectors import ranges_of
from patients.models import Participant, Status
from trial.access.models import Site, SiteProtocol
from trial.protocol import registry
from trial.protocol.version import ProtocolVersion
from trial.quality.selectors.holds import Standing, standing_over
from visits.models import Visit

OPEN = (Status.SCREENING, Status.ENROLLED)


def setting_of(batch: ImportBatch, mapping: FileMapping) -> Setting:
    """What holds for every row of the file. Two statements."""
    analytes = [analyte.code for analyte in registry.latest().analytes]
    return Setting(
        laboratory_id=batch.laboratory_id,
        today=batch.site.today(),
        protocol=protocols_of(batch.site),
        ranges=ranges_of(batch.laboratory_id, analytes),
        unmatched=mapping.unmatched,
        remark=remark,
    )


def protocols_of(site: Site) -> Callable[[date], ProtocolVersion]:
    """Which protocol version holds at the site on a day; one statement for any number of days."""
    rows = SiteProtocol.objects.filter(site=site).values_list("version", "effective_from")
    assignments = list(rows)

    @cache
    def at(on: date) -> ProtocolVersion:
        return registry.get(registry.effective(assignments, on))

    return at


def rules_mark(batch: ImportBatch) -> str:
    """A mark that changes when the laboratory's ranges or the site's protocol do."""
    ranges = ReferenceRange.objects.filter(laboratory=batch.laboratory_id).order_by("pk")
    protocols = SiteProtocol.objects.filter(site=batch.site).order_by("pk")
    rows = [*ranges.values_list(), *protocols.values_list("version", "effective_from")]
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def bases(participant_ids: Sequence[int]) -> dict[int, str]:
    """A mark of each participant that changes with whatever a plan rests on. Two statements."""
    rows = (
        Participant.objects.filter(pk__in=participant_ids)
        .annotate(held=Count("visits"), changes=Sum("visits__version"))
        .values_list("pk", "site_id", "series__version", "version", "held", "changes")
    )
    holds = standing_over(participant_ids)
    # A series that nobody has written to yet may lack its row, which begins with version 1.
    return {
        pk: f"{series or 1}.{version}.{held}.{changes or 0}{holds.mark(site, pk)}"
        for pk, site, series, version, held, changes in rows
    }


def people(participant_ids: Sequence[int]) -> dict[int, Person]:
    """Participants as the rules take them. Five statements."""
    visits: dict[int, list[Visit]] = defaultdict(list)
    for visit in Visit.objects.filter(participant__in=participant_ids).order_by("position", "id"):
        visits[visit.participant_id].append(visit)
    panels = _panels(participant_ids)
    holds = standing_over(participant_ids)
    return {
        participant.pk: _person(participant, visits[participant.pk], panels, holds)
        for participant in Participant.objects.filter(pk__in=participant_ids)
    }


def _panels(participant_ids: Sequence[int]) -> dict[int, StoredPanel]:
    """Stored panels by visit. Two statements."""
    results: dict[int, dict[str, StoredResult]] = defaultdict(dict)
    rows = Result.objects.filter(panel__visit__participant__in=participant_ids).values_list(
        "panel_id", "analyte", "text", "unit", "comparator", "canonical", "not_done"
    )
    for panel_id, analyte, text, unit, comparator, canonical, not_done in rows:
        results[panel_id][analyte] = StoredResult(text, unit, comparator, canonical, not_done)
    panels = Panel.objects.filter(visit__participant__in=participant_ids)
    return {
        panel.visit_id: StoredPanel(
            id=panel.pk,
            laboratory_id=panel.laboratory_id,
            laboratory=panel.laboratory.code,
            collected_on=panel.collected_on,
            results=results[panel.pk],
        )
        for panel in panels.select_related("laboratory")
    }


def _person(
    participant: Participant,
    visits: Sequence[Visit],
    panels: dict[int, StoredPanel],
    holds: Standing,
) -> Person:
    return Person(
        id=participant.pk,
        code=participant.code,
        sex=participant.sex,
        birth_year=participant.birth_year,
        open=participant.status in OPEN,
        screened_on=participant.screened_on,
        visits=tuple(
            StoredVisit(
                id=visit.pk,
                code=visit.code,
                number=visit.number,
                status=visit.status,
                held_on=visit.held_on,
                target_on=visit.target_on,
                opens_on=visit.opens_on,
                closes_on=visit.closes_on,
                panel=panels.get(visit.pk),
                held=_held(holds, participant, visit),
            )
            for visit in visits
        ),
        held=holds.over(participant.site_id, participant.pk) is not None,
    )


def _held(holds: Standing, participant: Participant, visit: Visit) -> bool:
    """Whether a sample of this visit could not be stored: it writes the visit and its labs."""
    site, person = participant.site_id, participant.pk
    return any(holds.over(site, person, visit.pk, form) for form in ("visit", "labs"))
