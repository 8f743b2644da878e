"""Laboratory courses of one or of many participants, as safety reads them. Two statements."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject

from labs.models import Result, SampleState
from labs.series import Observation, Sample
from patients.models import Medication, Participant
from safety.ctcae import DICTIONARIES, Dictionary
from safety.grading import Draw, Graded, graded, medication_from
from safety.grading import Medication as Taken
from safety.hepatitis import symptomatic
from safety.liver_signals import LiverCourse
from trial.protocol import registry
from trial.protocol.casebook import symptoms as checklist
from trial.protocol.truth import Truth
from trial.protocol.version import ProtocolVersion
from visits.models import Infusion, Symptoms

LIVER = ("ALT", "AST", "ALP", "GGT", "BILI")
# Read in one statement; what a course needs of a result, its panel and its visit.
_COLUMNS = (
    "id", "analyte", "comparator", "value", "unit", "canonical", "range_low", "range_high",
    "panel_id", "panel__collected_on", "panel__sample_state", "panel__version",
    "panel__visit_id", "panel__visit__code", "panel__visit__number",
    "panel__visit__protocol_version", "panel__visit__participant_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Drawn:
    """A sample: when, at which visit, whether it can be used, and under which protocol."""

    panel_id: int
    panel_version: int
    on: date
    usable: bool
    visit_id: int
    visit: str
    number: int
    protocol: str

    @property
    def label(self) -> str:
        """The visit as it is called everywhere: "W12", "UNS 2"."""
        return f"{self.visit} {self.number}" if self.number else self.visit


@dataclass(frozen=True)
class LabCourse:
    """All results of a participant that have a number, with what their grades rest on.

    `start` is the day, at the site, on which the first infusion began; None before. `symptomatic`
    says, by visit, whether symptoms of hepatitis were reported.
    """

    participant: Participant
    start: date | None
    samples: Sequence[Drawn]
    draws: Mapping[str, Sequence[Draw]]
    medication: tuple[Taken, ...] = ()
    symptomatic: Mapping[int, Truth] = field(default_factory=dict)

    @cached_property
    def by_panel(self) -> Mapping[int, Drawn]:
        """The samples by the row of their panel."""
        return {one.panel_id: one for one in self.samples}

    @property
    def protocol(self) -> ProtocolVersion:
        """The protocol of the newest sample: its lines hold for the participant's signals."""
        return registry.get(self.samples[-1].protocol) if self.samples else registry.latest()

    def dictionary_of(self, sample: Drawn) -> Dictionary:
        """The terminology that the protocol of a sample's visit grades by."""
        return DICTIONARIES[registry.get(sample.protocol).safety.ctcae_version]

    def grades(self, analyte: str) -> list[Graded]:
        """Every grade of an analyte, each by the terminology of its own visit."""
        draws = self.draws.get(analyte, ())
        versions = {one.panel_id: self.dictionary_of(self.by_panel[one.panel_id]) for one in draws}
        used = {one.version: one for one in versions.values()}
        return [
            one
            for dictionary in used.values()
            for one in graded(draws, self.start, dictionary, self.medication)
            if versions[one.draw.panel_id] is dictionary
        ]

    @cached_property
    def liver(self) -> LiverCourse | None:
        """The course as the liver rules take it; None before the first product."""
        if self.start is None:
            return None
        found: dict[int, dict[str, Observation]] = defaultdict(dict)
        for analyte in LIVER:
            for draw in self.draws.get(analyte, ()):
                found[draw.panel_id][analyte] = draw.observation
        return LiverCourse.of(
            self.start, [_sample(one, found[one.panel_id]) for one in self.samples]
        )

    @property
    def symptoms(self) -> Mapping[int, Truth]:
        """Whether there were symptoms of hepatitis, by panel."""
        return {one.panel_id: self.symptomatic.get(one.visit_id) for one in self.samples}


def _sample(drawn: Drawn, observations: Mapping[str, Observation]) -> Sample:
    return Sample(
        panel_id=drawn.panel_id,
        panel_version=drawn.panel_version,
        visit_code=drawn.visit,
        scheduled=drawn.number == 0,
        collected_on=drawn.on,
        usable=drawn.usable,
        observations=observations,
        dialysis=None,
        pt_isi=None,
        pt_mnpt=None,
    )


def courses(participants: "QuerySet[Participant]", analytes: Iterable[str] = ()) -> list[LabCourse]:
    """The courses of participants, in their order; with `analytes` only of these. Two statements,
    however many participants there are."""
    people = list(with_facts(participants))
    rows: dict[int, list[dict[str, Any]]] = defaultdict(list)
    results = Result.objects.filter(
        panel__visit__participant__in=[one.pk for one in people], canonical__isnull=False
    )
    if chosen := list(analytes):
        results = results.filter(analyte__in=chosen)
    for row in results.order_by("panel__collected_on", "panel_id", "id").values(*_COLUMNS):
        rows[row["panel__visit__participant_id"]].append(row)
    return [_course(person, rows[person.pk]) for person in people]


def course_of(participant: Participant) -> LabCourse:
    """The course of one participant."""
    [found] = courses(Participant.objects.filter(pk=participant.pk))
    return found


def first_product(participant: str = "pk") -> Subquery:
    """When the first infusion of a participant began; null before."""
    given = Infusion.objects.filter(
        visit__participant=OuterRef(participant), started__isnull=False
    ).order_by("started")
    return Subquery(given.values("started")[:1])


def with_facts(participants: "QuerySet[Participant]") -> "QuerySet[Participant]":
    """Participants with what grades rest on besides results, in the statement that reads them."""
    answers = {name: name for name in (item.code for item in checklist.CHECKLIST.items)}
    asked = Symptoms.objects.filter(
        visit__participant=OuterRef("pk"), not_done="", struck=False
    ).order_by("pk")
    drugs = Medication.objects.filter(participant=OuterRef("pk"), struck=False).order_by("pk")
    return participants.select_related("site").annotate(
        product_at=first_product(),
        drugs=ArraySubquery(
            drugs.values(
                held=JSONObject(atc="atc", started="started", stopped="stopped", ongoing="ongoing")
            )
        ),
        answers=ArraySubquery(asked.values(held=JSONObject(visit="visit_id", **answers))),
    )


def _course(person: Any, rows: Sequence[Mapping[str, Any]]) -> LabCourse:
    samples: dict[int, Drawn] = {}
    draws: dict[str, list[Draw]] = defaultdict(list)
    for row in rows:
        drawn = samples.setdefault(row["panel_id"], _drawn(row))
        draws[row["analyte"]].append(
            Draw(drawn.panel_id, drawn.on, drawn.usable, _observation(row))
        )
    at = person.product_at
    return LabCourse(
        participant=person,
        start=at.astimezone(person.site.zone).date() if at else None,
        samples=list(samples.values()),
        draws=draws,
        medication=tuple(medication_from(one) for one in person.drugs),
        symptomatic={one["visit"]: symptomatic(one) for one in person.answers},
    )


def _drawn(row: Mapping[str, Any]) -> Drawn:
    return Drawn(
        panel_id=row["panel_id"],
        panel_version=row["panel__version"],
        on=row["panel__collected_on"],
        usable=row["panel__sample_state"] == SampleState.GOOD,
        visit_id=row["panel__visit_id"],
        visit=row["panel__visit__code"],
        number=row["panel__visit__number"],
        protocol=row["panel__visit__protocol_version"],
    )


def _observation(row: Mapping[str, Any]) -> Observation:
    return Observation(
        result_id=row["id"],
        analyte=row["analyte"],
        entered=row["value"],
        entered_unit=row["unit"],
        comparator=row["comparator"],
        value=row["canonical"],
        lower=row["range_low"],
        upper=row["range_high"],
    )
