"""Departures from the protocol that the facts of participants show, and what was said of each.

As many statements for many participants as for one. The rules are those of visits/deviations.py;
nothing here is kept: a finding goes when the facts are corrected.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Q

from labs.models import Result
from patients.models import Participant
from patients.selectors import eligibility_under
from randomization.models import Allocation
from trial.access.models import SiteProtocol
from trial.crf.selectors import facts_of
from trial.protocol import registry
from trial.protocol.crf import Facts, Row
from trial.protocol.version import ProtocolVersion
from visits.deviations import (
    Deviation,
    Findings,
    InfusionFacts,
    VisitFacts,
    of_dose,
    of_eligibility,
    of_first_infusion,
    of_intervals,
    of_visit,
    total,
)
from visits.dosing import WeightError
from visits.models import Dismissal, Infusion, Status, Visit


@dataclass(frozen=True, slots=True)
class Detected:
    """A finding with its name, the line that records it, or why it is none."""

    deviation: Deviation
    line: Row | None = None
    dismissal: Dismissal | None = None

    @property
    def name(self) -> str:
        """What tells it from other findings of the participant (detected_code of the form)."""
        found = self.deviation
        details = found.details if found.code == "assessment_missed" else ()
        return ":".join(filter(None, (found.code, found.visit, *details)))[:60]

    @property
    def waits(self) -> bool:
        """Whether nobody has said anything about it."""
        return self.line is None and self.dismissal is None


class Detecting:
    """The findings of some participants, who come with their sites. Seven statements, one less with
    `facts` of all of them."""

    def __init__(
        self, people: Sequence[Participant], facts: Mapping[int, Facts] | None = None
    ) -> None:
        ids = [one.pk for one in people]
        self.people = people
        self.facts = facts_of(ids) if facts is None else facts
        self.visits = _grouped(Visit.objects.filter(participant__in=ids))
        infusions = Infusion.objects.filter(visit__participant__in=ids).exclude(started=None)
        self.infusions = _grouped_infusions(infusions.select_related("visit").order_by("started"))
        self.randomised = dict(
            Allocation.objects.filter(participant__in=ids)
            .values_list("participant_id", "allocated_at")
        )  # fmt: skip
        self.dismissed = {
            (one.participant_id, one.finding): one
            for one in Dismissal.objects.filter(participant__in=ids)
        }
        self.sampled = _sampled(ids)
        self.protocols = _protocols({one.site_id for one in people})

    def of(self, person: Participant) -> list[Detected]:
        """What was found about one of them, what waits first."""
        facts = self.facts[person.pk]
        recorded = {row["detected_code"]: row for row in facts.all("deviation")
                    if row["origin"] == "detected"}  # fmt: skip
        found = [Detected(one) for one in self._found(person, facts).deviations]
        said = [
            Detected(
                one.deviation, recorded.get(one.name), self.dismissed.get((person.pk, one.name))
            )
            for one in found
        ]
        return sorted(said, key=lambda one: not one.waits)

    def _found(self, person: Participant, facts: Facts) -> Findings:
        visits, infusions = self.visits.get(person.pk, []), self.infusions.get(person.pk, [])
        of_visits = [
            of_visit(_visit_facts(one, self._assessments(one, facts)), facts.today)
            for one in visits
        ]
        given = [_infusion_facts(one, person) for one in infusions]
        doses = [_of_dose(one, row) for one, row in zip(given, infusions, strict=True)]
        return total([*of_visits, *doses, of_intervals(given), self._randomised(person, facts)])

    def _assessments(self, visit: Visit, facts: Facts) -> Mapping[str, bool | None]:
        """Forms that were said not to be done, and the panel if none of it was."""
        rows = {row.form: row for code in facts.rows for row in facts.all(code)
                if row.visit_id == visit.pk}  # fmt: skip
        due = registry.get(visit.protocol_version).visit(visit.code).forms
        forms = {code: _done(rows.get(code)) for code in due}
        return forms | {"labs": self.sampled.get(visit.pk)}

    def _randomised(self, person: Participant, facts: Facts) -> Findings:
        at = self.randomised.get(person.pk)
        if at is None or facts.now is None:
            return Findings()
        at = at.astimezone(person.site.zone)
        first = next(iter(self.infusions.get(person.pk, [])), None)
        started = first.started.astimezone(person.site.zone) if first and first.started else None
        screening = self._protocol(person, person.screened_on)
        hours = self._protocol(person, at.date()).allocation.first_infusion_hours
        return of_eligibility(at, eligibility_under(person, screening)) + of_first_infusion(
            hours, at, started, facts.now
        )

    def _protocol(self, person: Participant, on: date) -> ProtocolVersion:
        return registry.get(registry.effective(self.protocols[person.site_id], on))


def _done(row: Row | None) -> bool | None:
    """None where nobody said: it may not have been entered yet."""
    return None if row is None else not row.not_done


def _visit_facts(visit: Visit, assessments: Mapping[str, bool | None]) -> VisitFacts:
    return VisitFacts(
        code=visit.label,
        opens_on=visit.opens_on,
        closes_on=visit.closes_on,
        held_on=visit.held_on,
        missed=visit.status == Status.MISSED,
        assessments=assessments,
    )


def _infusion_facts(row: Infusion, person: Participant) -> InfusionFacts:
    started: datetime = row.started  # type: ignore[assignment]  # only those that were started
    return InfusionFacts(
        visit=registry.get(row.visit.protocol_version).visit(row.visit.code),
        on=started.astimezone(person.site.zone).date(),
        ordered=row.ordered_cells,
        given=row.given_cells,
        weight=row.weight_kg,
        weighed_on=row.weighed_on,
    )


def _of_dose(given: InfusionFacts, row: Infusion) -> Findings:
    """An order of nothing, or for a weight nobody has, is refused when it is entered."""
    try:
        return of_dose(registry.get(row.visit.protocol_version).dosing, given)
    except (WeightError, ValueError):
        return Findings()


def _grouped(visits: Iterable[Visit]) -> Mapping[int, list[Visit]]:
    found: dict[int, list[Visit]] = defaultdict(list)
    for one in visits:
        found[one.participant_id].append(one)
    return found


def _grouped_infusions(infusions: Iterable[Infusion]) -> Mapping[int, list[Infusion]]:
    found: dict[int, list[Infusion]] = defaultdict(list)
    for one in infusions:
        found[one.visit.participant_id].append(one)
    return found


def _sampled(ids: Sequence[int]) -> Mapping[int, bool]:
    """Whether anything was measured, of visits whose panel was begun: False if all of it was said
    not to be done."""
    rows = Result.objects.filter(panel__visit__participant__in=ids).values("panel__visit_id")
    counted = rows.annotate(measured=Count("pk", filter=Q(not_done=""))).order_by()
    return {row["panel__visit_id"]: bool(row["measured"]) for row in counted}


def _protocols(sites: Iterable[int]) -> Mapping[int, list[tuple[str, date]]]:
    found: dict[int, list[tuple[str, date]]] = defaultdict(list)
    for row in SiteProtocol.objects.filter(site__in=sites):
        found[row.site_id].append((row.version, row.effective_from))
    return found
