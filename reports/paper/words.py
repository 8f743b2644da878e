"""Columns and values of the casebook's tables as the print says them.

A value comes from the rows that a signature covers or from the trail: both wrote it as JSON.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reports.paper.asked import unit_of
from reports.presenters import words
from reports.records import KIND_OF_TABLE
from reports.selectors.printed import LABORATORY, Printed
from trial.crf.values import unit_text
from trial.protocol.casebook.forms import FORMS
from trial.protocol.crf import Form, Question, blank
from trial.web.formats import clock, localized, plain_number

FORM_OF: Mapping[str, Form] = {form.table: form for form in FORMS}
# What every described form's rows have.
_OF_ROWS = {
    "not_done": gettext_lazy("why not done"),
    "struck": gettext_lazy("entered by mistake"),
    "number": gettext_lazy("number"),
}


def name_of(table: str) -> str:
    """The form that a table's rows belong to."""
    form = FORM_OF.get(table)
    return localized(form.label) if form else str(words.form_of(table))


def label_of(table: str, column: str) -> str:
    """A column as people call it."""
    form = FORM_OF.get(table)
    if form is not None:
        if column in _OF_ROWS:
            return capfirst(str(_OF_ROWS[column]))
        question = _question(form, column)
        return localized(question.label) if question else column
    kind = KIND_OF_TABLE[table]
    field = _field(kind.model, column)
    name = kind.labels.get(column) or (field.verbose_name if field is not None else column)
    return capfirst(str(name))


def value_of(table: str, column: str, value: Any, zone: str) -> str:
    """A value as people read it, times on the site's clock; "" for none."""
    if blank(value):
        return ""
    if isinstance(value, dict):
        return _("[redacted]") if "redacted" in value else str(value)
    form = FORM_OF.get(table)
    if form is not None:
        question = _question(form, column)
        return answer(question, value, zone) if question else _plain(value)
    field = _field(KIND_OF_TABLE[table].model, column)
    if isinstance(field, models.DateTimeField):
        return _moment(value, zone)
    return f"{words.value_of(table, column, value)} {unit_of(table, column)}".rstrip()


def value_in(printed: Printed, table: str, column: str, value: Any) -> str:
    """The same with laboratories by their names, on the clock of the participant's site."""
    if column == LABORATORY:
        return printed.laboratories.get(value, "")
    return value_of(table, column, value, printed.participant.site.timezone)


def answer(question: Question, value: Any, zone: str) -> str:
    """An answer to a question of a described form, with its unit."""
    if blank(value):
        return ""
    if question.kind == "moment":
        return _moment(value, zone)
    if question.kind == "choice":
        known = {one.code: localized(one.label) for one in question.codes}
        return known.get(str(value), str(value))
    text = _plain(value)
    return f"{text} {unit_text(question.unit)}".rstrip() if question.kind == "number" else text


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Decimal):
        return plain_number(value)
    text = str(value)
    return text.rstrip("0").rstrip(".") if isinstance(value, float) and "." in text else text


def _moment(value: Any, zone: str) -> str:
    return clock(datetime.fromisoformat(str(value)), zone)


def _question(form: Form, column: str) -> Question | None:
    return next((one for one in form.questions if one.name == column), None)


def _field(model: type[models.Model], column: str) -> Any:
    return next((f for f in model._meta.concrete_fields if column in (f.name, f.column)), None)
