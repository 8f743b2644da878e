"""The datasets of laboratory toxicity and of liver signals.

Grades are made in Python, row by row, from the course that each row brings along: one rule for
page, file and past state, and flat memory.
"""

from collections.abc import Callable, Mapping
from typing import Any

from reports.columns import Column, Kind, once, trimmed
from reports.dataset import Dataset
from reports.models import LabToxicityRow, LiverSignalRow
from reports.shared_columns import CHANGED, PARTICIPANT, SITE, VISIT, c
from safety.ctcae import DICTIONARIES
from safety.grading import Graded, draw_from, grade_of, medication_from
from trial.access.roles import Permission
from trial.protocol import registry

_NEEDS = ("result_id", "analyte", "term", "protocol_version", "first_on", "course",
          "anticoagulants")  # fmt: skip
_MADE = "_graded"


def graded(row: Mapping[str, Any]) -> Graded | None:
    """The grade of a row, worked out once for all its columns; None if the terminology of its
    protocol has no such term."""
    found: Graded | None = once(row, _MADE, _graded)
    return found


def _graded(row: Mapping[str, Any]) -> Graded | None:
    dictionary = DICTIONARIES[registry.get(row["protocol_version"]).safety.ctcae_version]
    term = next((one for one in dictionary.terms if one.code == row["term"]), None)
    if term is None:
        return None
    draws = [draw_from(one, row["analyte"]) for one in row["course"]]
    mine = next(one for one in draws if one.observation.result_id == row["result_id"])
    lines = [medication_from(one) for one in row["anticoagulants"] or ()]
    return grade_of(mine, term, draws, row["first_on"], dictionary, lines)


def _made(name: str, kind: Kind, text: str, of: Callable[[Graded], Any]) -> Column:
    def derive(row: Mapping[str, Any]) -> Any:
        found = graded(row)
        return None if found is None else trimmed(of(found))

    return Column(name, kind, text, derive=derive, needs=_NEEDS)


LAB_TOXICITY = Dataset(
    name="lab-toxicity",
    text="Laboratory results graded by CTCAE, with their multiples, or why there is no grade.",
    rows=LabToxicityRow.objects.all(),
    permission=Permission.LAB_VIEW,
    columns=(
        c("id", "text", "Row of the result and term: stays the same through corrections."),
        SITE,
        PARTICIPANT,
        *VISIT,
        c("collected_on", "date", "Day the sample was taken, local to the site."),
        c("analyte", "text", "Analyte: CDISC LBTESTCD."),
        c("term", "text", "What is graded: the analyte, upwards (UP) or downwards (DOWN)."),
        c("on_treatment", "boolean", "Taken after the day of the first infusion."),
        _made("grade", "integer", "CTCAE grade, 0 to 4; empty: reason says why.",
              lambda one: one.grade),
        _made("grade_low", "integer", "Lowest grade it may be.",
              lambda one: one.toxicity and one.toxicity.low),
        _made("grade_high", "integer", "Highest grade it may be.",
              lambda one: one.toxicity and one.toxicity.high),
        _made("grade_by_uln", "integer", "Grade as if the baseline had been normal.",
              lambda one: one.by_upper),
        _made("baseline_kind", "text",
              "Column of the term that was read: normal_baseline, abnormal_baseline, "
              "anticoagulated, not_anticoagulated, with_symptoms, without_symptoms or open; empty "
              "for a term with one column.", lambda one: one.path.value or None),
        _made("x_uln", "decimal", "Multiple of the upper limit, to four decimals; empty if "
              "censored.", lambda one: one.times_upper),
        _made("x_baseline", "decimal", "Multiple of the baseline.",
              lambda one: one.times_baseline),
        _made("x_nadir", "decimal", "Multiple of the least on treatment before it.",
              lambda one: one.times_nadir),
        _made("ctcae_version", "text", "Version of the terminology.", lambda one: one.version),
        _made("reason", "text", "Why there is no grade, as codes joined by ;",
              lambda one: ";".join(one.reasons) or None),
        c("result_id", "integer", "Row of lab-results."),
        c("panel_id", "integer", "Row of the panel (the visit's blood sample)."),
        c("panel_version", "integer", "How often the panel has been saved."),
        c("protocol_version", "text", "Protocol version of the visit."),
        c("changed_at", "timestamp",
          "When the result, or anything that its grade may rest on, last changed."),
    ),
    key=("result_id", "term"),
    orders=("id", "collected_on", "changed_at"),
)  # fmt: skip

LIVER_SIGNALS = Dataset(
    name="liver-signals",
    text="Signals of the liver: candidates for Hy's law and levels, and how they are judged.",
    rows=LiverSignalRow.objects.all(),
    permission=Permission.LAB_VIEW,
    columns=(
        c("id", "integer", "Row of the signal."),
        SITE,
        PARTICIPANT,
        *VISIT,
        c("kind", "text", "hys_law, stop or watch."),
        c("against", "text", "Of hys_law: upper_limit, baseline, nadir, joined by ;"),
        c("occurred_on", "date", "Day of the sample that it began with."),
        c("standing", "boolean", "The values still show it."),
        c("state", "text", "new, under_review, aih_activity, dili or other."),
        c("times_found", "integer", "How often it was found; corrections may take it away."),
        c("found_at", "timestamp", "When it was last found."),
        c("gone_at", "timestamp", "Since when the values no longer show it."),
        c("judged_at", "timestamp", "When it was last judged."),
        c("panel_id", "integer", "Row of the panel (the visit's blood sample)."),
        c("version", "integer", "How often the row has been saved."),
        CHANGED,
    ),
    key=("id",),
    orders=("id", "occurred_on", "changed_at"),
)
