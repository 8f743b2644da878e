"""What a sheet of paper asks: questions of the described forms, and columns of the other tables.

Both become one thing, so that a new question or column prints by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from reports.records import KIND_OF_TABLE
from trial.crf.values import unit_text
from trial.protocol.crf import Form, Kind, Question
from trial.web.formats import localized
from visits.infusion_forms import UNITS


@dataclass(frozen=True, slots=True)
class Asked:
    """One question on paper. `whole` and `decimals`: the boxes of a number before and behind its
    point; `limits` and `when` in words."""

    label: str
    kind: Kind
    help: str = ""
    unit: str = ""
    whole: int = 0
    decimals: int = 0
    limits: str = ""
    when: str = ""
    needed: bool = False
    codes: Sequence[str] = ()


def of_question(form: Form, question: Question) -> Asked:
    """A question of a described form."""
    return Asked(
        label=localized(question.label),
        kind=question.kind,
        help=localized(question.help) if question.help else "",
        unit=unit_text(question.unit),
        whole=len(str(int(question.high))) if question.high is not None else 0,
        decimals=question.decimals,
        limits=limits_of(question),
        when=condition(form, question),
        needed=question.needed,
        codes=codes_of(question),
    )


def codes_of(question: Question) -> tuple[str, ...]:
    """What can be ticked."""
    if question.kind == "yes_no":
        return (_("yes"), _("no"))
    return tuple(localized(one.label) for one in question.codes)


def limits_of(question: Question) -> str:
    """What is possible and what is usual, in words: "20 to 300, usually 35 to 150"."""
    if question.kind != "number":
        return ""
    possible = _span(question.low, question.high)
    usual = _span(question.soft_low, question.soft_high)
    if possible and usual:
        return _("%(possible)s, usually %(usual)s") % {"possible": possible, "usual": usual}
    return possible or usual


def _span(low: Decimal | None, high: Decimal | None) -> str:
    if low is not None and high is not None:
        return _("%(low)s to %(high)s") % {"low": low, "high": high}
    if low is not None:
        return f"≥ {low}"
    return f"≤ {high}" if high is not None else ""


def condition(form: Form, question: Question) -> str:
    """When a question is asked at all, in words; "" for always."""
    when = question.when
    if when is None:
        return ""
    on = form.question(when.question)
    answers = {"yes": _("yes"), "no": _("no")}
    if on.codes:
        answers = {one.code: localized(one.label) for one in on.codes}
    others = [text for code, text in answers.items() if code not in when.codes]
    if len(others) < len(when.codes):
        words = {"question": localized(on.label), "answer": ", ".join(others)}
        return _("not if %(question)s = %(answer)s") % words
    said = ", ".join(answers.get(code, code) for code in when.codes)
    return _("only if %(question)s = %(answer)s") % {
        "question": localized(on.label),
        "answer": said,
    }


def of_column(model: type[models.Model], name: str) -> Asked:
    """A column of a table that is not described as a form."""
    field: Any = model._meta.get_field(name)
    kind = KIND_OF_TABLE[model._meta.db_table]
    label = str(kind.labels.get(field.attname) or field.verbose_name)
    choices = [str(text) for code, text in field.choices or () if code != ""]
    whole = decimals = 0
    if isinstance(field, models.DecimalField):
        whole, decimals = field.max_digits - field.decimal_places, field.decimal_places
    elif isinstance(field, models.IntegerField):
        whole = 4
    return Asked(
        label=capfirst(label),
        kind="choice" if choices else _kind(field),
        unit=unit_of(kind.table, name),
        whole=whole,
        decimals=decimals,
        codes=choices or ((_("yes"), _("no")) if isinstance(field, models.BooleanField) else ()),
    )


_WORKED_OUT = {"ordered_cells": "prepared_cells", "ordered_ml": "prepared_ml",
               "given_cells": "prepared_cells"}  # fmt: skip


def unit_of(table: str, column: str) -> str:
    """The unit of a column of an infusion; "" for none, and for all other tables."""
    if not table.startswith("visits_infusion"):
        return ""
    shown = UNITS.get(_WORKED_OUT.get(column, column))
    return str(shown.unit) if shown else ""


_KINDS: Sequence[tuple[type[Any], Kind]] = (
    (models.BooleanField, "yes_no"),
    (models.DateTimeField, "moment"),
    (models.DateField, "date"),
    (models.DecimalField, "number"),
    (models.IntegerField, "number"),
    (models.TextField, "note"),
)


def _kind(field: Any) -> Kind:
    return next((kind for model, kind in _KINDS if isinstance(field, model)), "text")
