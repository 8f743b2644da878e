"""Everything the participant page shows of one participant: a fixed number of statements."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from functools import cached_property
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from labs.models import EvaluationRun, MeldScore, Panel, ResponseAssessment, Result, SampleState
from labs.selectors import pending
from patients.models import Participant
from patients.withdrawals import with_withdrawal
from randomization.selectors import newest_unblinding
from reports.selectors.treatment import bags_of
from reports.selectors.visits import dated, rows
from reports.states import VisitRow
from trial.access.policy import AnyUser
from trial.access.roles import Permission
from trial.audit.models import Event
from trial.protocol import registry
from trial.protocol.version import ProtocolVersion
from visits.models import Visit

FORMULAS = ("MELD", "MELDNA", "MELD30")


def participants(user: AnyUser) -> QuerySet[Participant]:
    """The participants whose labs the user may see.

    `pending`: they wait for their evaluation; `allocation`, or none; `newest_unblinding`: its pk,
    kind and category, or None; `product`: see `bags_of`.
    """
    waiting = Exists(pending().filter(participant=OuterRef("pk")))
    visible = with_withdrawal(Participant.objects.visible_to(user, Permission.LAB_VIEW))
    return visible.select_related("site", "allocation").annotate(
        pending=waiting, newest_unblinding=newest_unblinding(), product=bags_of()
    )


@dataclass(frozen=True)
class Sample:
    """A panel with its visit, its results by LBTESTCD and its current scores by formula."""

    panel: Panel
    visit: VisitRow
    results: Mapping[str, Result]
    scores: Mapping[str, MeldScore]

    @property
    def usable(self) -> bool:
        return self.panel.sample_state == SampleState.GOOD


@dataclass(frozen=True, slots=True)
class Change:
    """A stored result and what a later run found instead; `new` is None if nothing."""

    old: Any
    new: Any
    run: EvaluationRun


@dataclass(frozen=True, slots=True)
class Revision:
    """What one evaluation changed in what had been stored before."""

    run: EvaluationRun
    scores: list[Change] = field(default_factory=list)
    assessments: list[Change] = field(default_factory=list)


@dataclass(frozen=True)
class Course:
    """One participant's visits, samples, scores and assessments, current and replaced."""

    participant: Participant
    visits: list[VisitRow]
    panels: list[Panel]
    results: list[Result]
    scores: list[MeldScore]
    assessments: list[ResponseAssessment]
    saves: list[Event]

    @cached_property
    def protocol(self) -> ProtocolVersion:
        """The newest version among the participant's visits."""
        used = {visit.protocol_version for visit in self.visits}
        numbers = [number for number in registry.numbers() if number in used]
        return registry.get(numbers[-1]) if numbers else registry.latest()

    @cached_property
    def samples(self) -> list[Sample]:
        """The panels in order of the day of the sample."""
        visits = {visit.id: visit for visit in self.visits}
        results: dict[int, dict[str, Result]] = defaultdict(dict)
        for result in self.results:
            results[result.panel_id][result.analyte] = result
        scores: dict[int, dict[str, MeldScore]] = defaultdict(dict)
        for score in self.scores:
            if score.replaced_by_id is None:
                scores[score.panel_id][score.formula] = score
        return [
            Sample(panel, visits[panel.visit_id], results[panel.pk], scores[panel.pk])
            for panel in self.panels
        ]

    @cached_property
    def current(self) -> dict[str, ResponseAssessment]:
        """The assessment that holds now, by rule."""
        return {row.rule: row for row in self.assessments if row.replaced_by_id is None}

    @cached_property
    def scored(self) -> Sample | None:
        """The newest sample that the jobs have looked at."""
        return next((sample for sample in reversed(self.samples) if sample.scores), None)

    @cached_property
    def revisions(self) -> list[Revision]:
        """What each evaluation changed, the newest first."""
        found: dict[int, Revision] = {}
        for score in _changes(self.scores, lambda row: (row.panel_id, row.formula)):
            found.setdefault(score.run.pk, Revision(score.run)).scores.append(score)
        for assessment in _changes(self.assessments, lambda row: row.rule):
            revision = found.setdefault(assessment.run.pk, Revision(assessment.run))
            revision.assessments.append(assessment)
        return [found[pk] for pk in sorted(found, reverse=True)]

    def save_before(self, moment: datetime) -> tuple[Sample, Event] | None:
        """The newest save of a panel up to a moment, with its sample: what a run ran for."""
        samples = {str(sample.panel.pk): sample for sample in self.samples}
        event = next((one for one in reversed(self.saves) if one.at <= moment), None)
        return (samples[event.record_id], event) if event else None


def course_of(participant: Participant) -> Course:
    """The course of a participant, in six statements."""
    visits = rows(dated(Visit.objects.filter(participant=participant)).order_by(*_ORDER))
    panels = Panel.objects.filter(visit__participant=participant).select_related("laboratory")
    results = Result.objects.filter(panel__visit__participant=participant)
    scores = MeldScore.objects.filter(panel__visit__participant=participant)
    assessments = ResponseAssessment.objects.filter(participant=participant)
    panels_by_day = list(panels.order_by("collected_on", "id"))
    numbers = [str(panel.pk) for panel in panels_by_day]
    saves = Event.objects.filter(table_name=Panel._meta.db_table, record_id__in=numbers)
    return Course(
        participant,
        visits,
        panels_by_day,
        list(results),
        list(scores.select_related("run", "replaced_by").order_by("id")),
        list(assessments.select_related("run", "replaced_by").order_by("id")),
        list(saves.defer("old", "new", "details").order_by("id")),
    )


_ORDER = ("position", "held_on", "number")


def times_uln(result: Result | None) -> Decimal | None:
    """The value as a multiple of the laboratory's upper limit, two decimals; None if unknown."""
    if result is None or result.canonical is None or not result.range_high:
        return None
    with localcontext(Context(prec=28)):
        ratio = result.canonical / result.range_high
        return ratio.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def week_of(day: date, day0: date) -> Decimal:
    """Weeks since day 0, one decimal."""
    return (Decimal((day - day0).days) / 7).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)


def _changes(rows: Iterable[Any], key: Callable[[Any], Hashable]) -> list[Change]:
    """Each replaced row beside the row of the replacing run under the same key."""
    rows = list(rows)
    made = {(row.run_id, key(row)): row for row in rows}
    return [
        Change(row, made.get((row.replaced_by_id, key(row))), row.replaced_by)
        for row in rows
        if row.replaced_by_id is not None
    ]
