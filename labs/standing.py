"""What a participant's labs mean at the moment, made ready for the page: scores, response, relapse.

The same shapes serve the preview while typing and what the job has stored.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from labs.assessment import Assessment
from labs.meld import NAMES, Score
from labs.models import MeldScore, ResponseAssessment
from labs.wording import listed, missing_text, outcome_text, reason_text, rule_text
from patients.models import Participant

_INPUTS: Mapping[str, str | Promise] = {
    "bilirubin": gettext_lazy("Bilirubin, mg/dL"),
    "creatinine": gettext_lazy("Creatinine, mg/dL"),
    "inr": "INR",
    "sodium": gettext_lazy("Sodium, mmol/L"),
    "albumin": gettext_lazy("Albumin, g/dL"),
}
_TONES = {
    "RELAPSE": "red",
    "PENDING_CONFIRMATION": "amber",
    "LOSS_OF_CBR": "amber",
    "LOSS_OF_REMISSION": "amber",
    "NEEDS_ADJUDICATION": "amber",
    "INSUFFICIENT": "amber",
    "CBR_MAINTAINED": "green",
    "NO_RELAPSE": "green",
    "CBR_BY_M6": "green",
    "CBR": "green",
    "REMISSION": "green",
}
# What the form shows at once; the other rule sets are behind a click.
MAIN_RULES = ("RESPONSE_M6", "CBR", "TRIAL-REL")


@dataclass(frozen=True, slots=True)
class ScoreView:
    """One score: `value` None with what is `missing`, else how it came about."""

    formula: str
    name: str
    value: int | None
    version: str
    missing: str
    inputs: Sequence[tuple[str, str, str, str]]
    notes: Sequence[str]

    def as_json(self) -> dict[str, Any]:
        return {
            "formula": self.formula,
            "name": self.name,
            "value": self.value,
            "missing": self.missing,
        }


@dataclass(frozen=True, slots=True)
class OutcomeView:
    """The outcome of one rule with the sentence that says why."""

    rule: str
    name: str
    outcome: str
    reason: str
    tone: str

    def as_json(self) -> dict[str, Any]:
        return {
            "rule": self.rule,
            "name": self.name,
            "outcome": self.outcome,
            "reason": self.reason,
            "tone": self.tone,
        }


@dataclass(frozen=True, slots=True)
class Change:
    """A result of the last run that differs from what it replaced."""

    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything the fragment shows."""

    pending: bool
    scores: Sequence[ScoreView]
    main: Sequence[OutcomeView]
    more: Sequence[OutcomeView]
    changes: Sequence[Change]


def score_view(score: Score | MeldScore) -> ScoreView:
    """A computed or stored score as the page shows it."""
    version = score.version if isinstance(score, Score) else score.formula_version
    inputs: Mapping[str, str] = score.inputs
    return ScoreView(
        formula=score.formula,
        name=NAMES[score.formula],
        value=score.value,
        version=version,
        missing=listed(missing_text(code) for code in score.missing),
        inputs=[_input(name, inputs) for name in _INPUTS if name in inputs],
        notes=_notes(score.uncapped, inputs),
    )


def _input(name: str, inputs: Mapping[str, str]) -> tuple[str, str, str, str]:
    """(name, as entered, converted, as the formula used it)."""
    return (
        str(_INPUTS[name]),
        inputs.get(f"{name}_entered", ""),
        inputs[name],
        inputs.get(f"{name}_used", ""),
    )


def _notes(uncapped: int | None, inputs: Mapping[str, str]) -> list[str]:
    notes = []
    if inputs.get("inr_isi"):
        words = {"isi": inputs["inr_isi"], "mnpt": inputs["inr_mnpt"]}
        notes.append(_("INR worked out from PT with ISI %(isi)s and MNPT %(mnpt)s s.") % words)
    if inputs.get("dialysis") == "yes":
        notes.append(_("Dialysis: creatinine counts as the formula's upper bound."))
    if any(inputs.get(f"{name}_censored") == "approximate" for name in _INPUTS):
        notes.append(_("Approximate: a value was reported as below or above a limit."))
    if uncapped is not None and uncapped > 40:
        notes.append(_("%(uncapped)s before the cap of 40.") % {"uncapped": uncapped})
    return notes


def outcome_view(found: Assessment | ResponseAssessment) -> OutcomeView:
    """A computed or stored assessment as the page shows it."""
    return OutcomeView(
        rule=found.rule,
        name=rule_text(found.rule),
        outcome=outcome_text(found.rule, found.outcome),
        reason=reason_text(found.reason_code, found.reason_params),
        tone=_TONES.get(found.outcome, "grey"),
    )


def standing_of(
    participant: Participant, panel_id: int, *, pending: bool, run: int | None
) -> Standing:
    """What is stored for a panel and its participant, after the newest `run`. Two statements."""
    scores = list(
        MeldScore.objects.filter(panel__visit__participant=participant)
        .select_related("panel__visit")
        .order_by("panel__collected_on", "pk")
    )
    found = list(participant.assessments.order_by("pk"))
    current = {row.rule: outcome_view(row) for row in found if row.replaced_by_id is None}
    return Standing(
        pending=pending,
        scores=[
            score_view(row) for row in scores if row.panel_id == panel_id and not row.replaced_by_id
        ],
        main=[current[rule] for rule in MAIN_RULES if rule in current],
        more=[view for rule, view in current.items() if rule not in MAIN_RULES],
        changes=_changes(run, scores, found) if run and not pending else [],
    )


def _changes(
    run: int, scores: Iterable[MeldScore], found: Iterable[ResponseAssessment]
) -> list[Change]:
    """What the newest run replaced, told as before and after."""
    scores, found = list(scores), list(found)
    newer = {(row.panel_id, row.formula): row for row in scores if row.run_id == run}
    changes = []
    for row in scores:
        after = newer.get((row.panel_id, row.formula))
        if row.replaced_by_id == run and after and row.value != after.value:
            words = {"name": NAMES[row.formula], "visit": row.panel.visit.label}
            changes.append(Change(_("%(name)s at %(visit)s") % words, _value(row), _value(after)))
    later = {row.rule: row for row in found if row.run_id == run}
    replaced = {row.rule: row for row in found if row.replaced_by_id == run}
    for rule in [*MAIN_RULES, *(rule for rule in replaced if rule not in MAIN_RULES)]:
        old, new = replaced.get(rule), later.get(rule)
        if old and new and _tells(rule, old, new):
            changes.append(Change(rule_text(rule), _answer(old), _answer(new)))
    return changes


def _tells(rule: str, old: ResponseAssessment, new: ResponseAssessment) -> bool:
    """Whether a reader would call it a change: a quiet course that went on is none."""
    if (old.outcome, old.occurred_on) != (new.outcome, new.occurred_on):
        return True
    return rule in MAIN_RULES and new.panel_id is not None and _answer(old) != _answer(new)


def _value(score: MeldScore) -> str:
    return _("not computed") if score.value is None else str(score.value)


def _answer(row: ResponseAssessment) -> str:
    view = outcome_view(row)
    return f"{view.outcome}: {view.reason}"
