"""The participant page's context: what the course says, ready to be drawn."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from labs.assessment import OUTCOMES
from labs.meld import NAMES
from labs.models import MeldScore, NotDone, ResponseAssessment, Result
from labs.wording import listed, missing_text, outcome_text, reason_text, rule_text
from patients.places import place_of
from randomization.models import Category, Kind
from reports import charts
from reports.links import Links
from reports.presenters.meld import Explanation, explain
from reports.presenters.units import unit_text
from reports.selectors.course import FORMULAS, Change, Course, Revision, Sample, times_uln
from reports.selectors.treatment import treatment_of
from reports.states import VisitRow
from trial.access.policy import AnyUser, can
from trial.access.roles import Permission
from trial.audit.models import Event
from trial.protocol.analytes import Analyte
from trial.quality.selectors.asked import of_participant
from trial.quality.selectors.holds import standing_over
from trial.quality.selectors.marks import marks_from
from trial.quality.selectors.verification import progress_of
from trial.signing.selectors import signatures_of
from trial.web.formats import NOTHING, localized
from trial.web.sealed import sealed_address

ENDPOINT, MONTH6, CBR = "TRIAL-REL", "RESPONSE_M6", "CBR"
# How grave an outcome is for whoever looks after the participant.
TONES = {
    "RELAPSE": "red",
    "PENDING_CONFIRMATION": "amber",
    "LOSS_OF_CBR": "amber",
    "LOSS_OF_REMISSION": "amber",
    "NEEDS_ADJUDICATION": "amber",
    "INSUFFICIENT": "amber",
    "CBR_MAINTAINED": "green",
    "CBR_BY_M6": "green",
    "CBR": "green",
}
ICONS = {"red": "flag", "amber": "alert-triangle", "green": "circle-check", "grey": "circle-dashed"}


@dataclass(frozen=True, slots=True)
class Finding:
    """An assessment in words."""

    rule: str
    name: str
    outcome: str
    reason: str
    tone: str
    row: ResponseAssessment

    @property
    def icon(self) -> str:
        return ICONS[self.tone]


def finding(row: ResponseAssessment) -> Finding:
    """An assessment with its sentences."""
    return Finding(
        rule=row.rule,
        name=rule_text(row.rule),
        outcome=outcome_text(row.rule, row.outcome),
        reason=reason_text(row.reason_code, row.reason_params),
        tone=TONES.get(row.outcome, "grey"),
        row=row,
    )


@dataclass(frozen=True, slots=True)
class Cell:
    """One result in the table; `mark` is L or H in words, `times` the multiple of the ULN."""

    text: str
    flag: str
    mark: str
    times: Decimal | None
    hint: str


@dataclass(frozen=True, slots=True)
class AnalyteRow:
    """One analyte over all samples; a cell is None where the sample has no row for it."""

    analyte: Analyte
    cells: list[Cell | None]


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """The scores of one sample, and how they came about."""

    sample: Sample
    values: list[tuple[str, int | None, str]]
    explanation: Explanation


def page(course: Course, user: AnyUser) -> dict[str, Any]:
    """The whole context of the page."""
    links = Links(user)
    held = standing_over([course.participant.pk])
    signed = signatures_of([course.participant.pk])
    verified = progress_of([course.participant.pk])
    shown = [course.current[rule] for rule in (ENDPOINT, MONTH6, CBR) if rule in course.current]
    return {
        "participant": course.participant,
        "active": "overview",
        "visits": [
            (
                visit,
                links.visit(visit),
                held.over(visit.site_id, visit.participant_id, visit.id),
                signed.visit(visit.id),
                verified.at(visit.participant_id, visit.id),
            )
            for visit in _in_time(course.visits)
        ],
        "open_queries": list(of_participant(user, course.participant.pk)),
        "own_verified": verified.at(course.participant.pk, None),
        **_blinding(course, user),
        "treatment": treatment_of(user, course.participant),
        "marks": marks_from(place_of(course.participant), user, held, signed),
        "findings": [finding(row) for row in shown],
        "all_findings": [
            finding(course.current[rule]) for rule in OUTCOMES if rule in course.current
        ],
        "scored": course.scored,
        "last_scores": score_values(course.scored) if course.scored else [],
        "charts": [charts.trend(course), charts.meld(course)],
        "samples": [(sample, links.visit(sample.visit)) for sample in course.samples],
        "results": result_rows(course),
        "scores": [
            ScoreRow(sample, score_values(sample), explain(sample))
            for sample in reversed(course.samples)
            if sample.scores
        ],
        "revisions": [view for one in course.revisions if (view := revision(course, one)).lines],
    }


def _blinding(course: Course, user: AnyUser) -> dict[str, Any]:
    """That an arm of this participant became known, and where an investigator asks for one."""
    person = course.participant
    newest = getattr(person, "newest_unblinding", None)
    may = hasattr(person, "allocation") and can(user, Permission.UNBLIND, person.site_id)
    return {
        "unblinding": _in_words(newest) if newest and can(user, Permission.UNBLIND_VIEW) else None,
        "may_unblind": may,
        "unblind_url": sealed_address("unblinding:ask", person.code) if may else "",
    }


def _in_words(newest: Mapping[str, Any]) -> dict[str, Any]:
    labels = {"kind": Kind(newest["kind"]).label, "category": Category(newest["category"]).label}
    return {**newest, **labels}


def _in_time(visits: list[VisitRow]) -> list[VisitRow]:
    """Scheduled visits in their order, unscheduled ones where they were held."""
    return sorted(visits, key=lambda one: (one.target_on or one.held_on or date.max, one.position))


def score_values(sample: Sample) -> list[tuple[str, int | None, str]]:
    """(name, value, why there is none) of each formula."""
    rows = [sample.scores[formula] for formula in FORMULAS if formula in sample.scores]
    return [(NAMES[row.formula], row.value, why_not(row)) for row in rows]


def why_not(score: MeldScore) -> str:
    """What is missing, e.g. "creatinine missing, INR missing"; empty for a computed score."""
    return listed(missing_text(code) for code in score.missing)


# --- results ----------------------------------------------------------------------------------


def result_rows(course: Course) -> list[AnalyteRow]:
    """Analytes in the order of the protocol, those without any result left out."""
    seen = {result.analyte for result in course.results}
    return [
        AnalyteRow(one, [_cell(one, sample.results.get(one.code)) for sample in course.samples])
        for one in course.protocol.analytes
        if one.code in seen
    ]


def _cell(analyte: Analyte, result: Result | None) -> Cell | None:
    if result is None:
        return None
    if result.canonical is None:
        reason = str(NotDone(result.not_done).label) if result.not_done else _("removed")
        return Cell("–", "", "", None, reason)
    marks = {"L": _("low"), "H": _("high")}
    unit = unit_text(analyte.code, result.unit)
    entered = _("entered as %(text)s %(unit)s") % {"text": result.text, "unit": unit}
    hint = "; ".join(part for part in (entered, _range(analyte, result), result.comment) if part)
    return Cell(
        text=f"{result.comparator}{result.canonical:.{analyte.decimals}f}",
        flag=result.flag if result.flag in marks else "",
        mark=marks.get(result.flag, ""),
        times=times_uln(result),
        hint=hint,
    )


def _range(analyte: Analyte, result: Result) -> str:
    bounds = [
        "" if bound is None else f"{bound:.{analyte.decimals}f}"
        for bound in (result.range_low, result.range_high)
    ]
    return _("range %(range)s") % {"range": "–".join(bounds)} if any(bounds) else _("no range")


# --- what an evaluation changed ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One stored result before and after; `why` is the new reason in words."""

    what: str
    old: str
    new: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class RevisionView:
    """What one evaluation found different from before, and after which save of a panel."""

    at: datetime
    cause: str
    why: str
    lines: list[ChangeLine]


def revision(course: Course, one: Revision) -> RevisionView:
    """A revision with the changes a reader would notice; changed inputs alone are left out."""
    labels = {sample.panel.pk: localized(sample.visit.name) for sample in course.samples}
    lines = [_assessment_line(change) for change in one.assessments]
    lines += [_score_line(change, labels) for change in one.scores]
    saved = course.save_before(one.run.computed_at)
    return RevisionView(
        at=one.run.computed_at,
        cause=_cause(*saved) if saved else "",
        why=saved[1].reason if saved else "",
        lines=[line for line in lines if line is not None],
    )


def _cause(sample: Sample, event: Event) -> str:
    words = {"visit": localized(sample.visit.name), "who": event.actor}
    if event.kind == "insert":
        return _("%(visit)s entered by %(who)s") % words
    return _("%(visit)s corrected by %(who)s") % words


def _assessment_line(change: Change) -> ChangeLine | None:
    """The outcomes where they differ, else the reasons of the study's own rules where they do."""
    old = finding(change.old)
    if change.new is None:
        return ChangeLine(old.name, old.outcome, NOTHING)
    new = finding(change.new)
    if old.outcome != new.outcome:
        return ChangeLine(old.name, old.outcome, new.outcome, new.reason)
    if old.reason != new.reason and old.rule in (ENDPOINT, MONTH6, CBR):
        return ChangeLine(old.name, old.reason, new.reason)
    return None


def _score_line(change: Change, labels: Mapping[int, str]) -> ChangeLine | None:
    old, new = change.old, change.new
    if new is not None and (old.value, old.missing) == (new.value, new.missing):
        return None
    what = f"{NAMES[old.formula]}, {labels[old.panel_id]}"
    return ChangeLine(what, _score_text(old), _score_text(new) if new else NOTHING)


def _score_text(score: MeldScore) -> str:
    return why_not(score) if score.value is None else str(score.value)
