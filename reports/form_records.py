"""The rows of described forms as people call them, where they are entered, and their answers.

Everything follows from the descriptions (docs/adr/0015-forms-from-descriptions.md).
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from trial.crf.columns import words
from trial.crf.values import text_of
from trial.protocol.casebook.forms import FORMS
from trial.protocol.crf import Form, Question
from trial.web.formats import clock, localized

# The forms by the table of their rows, and as lists of forms call them.
DESCRIBED: Mapping[str, Form] = {form.table: form for form in FORMS}
NAMES: Mapping[str, str | Promise] = {form.code: words(form.label) for form in FORMS}


def name_of(form: Form, mark: str, visit: str = "") -> str:
    """ "Vital signs, W12", "Adverse event 3". `mark` is the line's number."""
    name = localized(form.label)
    counted = f"{name} {mark}" if form.repeats and mark else name
    return f"{counted}, {visit}" if visit else counted


def visit_of(row: Any) -> Any:
    """The visit of a row; None for a form of the participant."""
    return row.visit if row.form.level == "visit" else None


def row_name(row: Any) -> str:
    """What people call a row."""
    visit = visit_of(row)
    return name_of(row.form, str(row.number), visit.label if visit else "")


def row_address(row: Any) -> str:
    """The page on which a row is entered: by its visit, else by its number."""
    visit = visit_of(row)
    where = visit.slug if visit else str(row.number)
    return reverse("crf:sheet", args=[row.participant.code, row.form.code, where])


def question_of(table: str, field: str) -> Question | None:
    """The question that a column holds the answers to, if it is one of a described form."""
    form = DESCRIBED.get(table)
    return next((one for one in form.questions if one.name == field), None) if form else None


def answer_text(question: Question, value: Any, zone: str = "UTC") -> str:
    """An answer as a person reads it: of the row, or as the trail holds it, in JSON or as text."""
    value = _own(question, value)
    if isinstance(value, datetime):
        return clock(value, zone)
    known = {one.code for one in question.codes}
    if question.kind == "choice" and value not in known:
        return "" if value is None else str(value)
    return text_of(question, value, UTC)


def _own(question: Question, value: Any) -> Any:
    """A value of the trail with the type it has in a row, as far as it shows."""
    if not isinstance(value, str) or not value:
        return value
    if question.kind == "moment":
        return datetime.fromisoformat(value)
    if question.kind in ("yes_no", "tick"):
        return {"true": True, "false": False}.get(value, value)
    return value


def row_text(form: Form, values: Mapping[str, Any]) -> str:
    """Everything that a row says, in one line: "Systolic pressure: 120 mmHg; heart rate: 70 /min".

    A line that was entered by mistake says so first, a sheet that was not done says why.
    """
    said = [(words(one.label), answer_text(one, values.get(one.name))) for one in form.questions]
    told = "; ".join(f"{name}: {answer}" for name, answer in said if answer)
    mistake = _("Entered by mistake") if values.get("struck") else ""
    why = values.get("not_done")
    not_done = _("Not done: %(why)s") % {"why": why} if why else ""
    return ". ".join(filter(None, (mistake, not_done, told)))
