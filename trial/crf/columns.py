"""The columns of a form's table, made from its description, with what the database refuses."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.functional import lazystr

from trial.protocol.crf import PARTIAL_DATE, Form, Question
from trial.protocol.label import Label
from trial.web.formats import localized

SMALL = 32_767  # what a smallint holds


def words(label: Label) -> Any:
    """A study text that is said in the language of whoever reads it."""
    return lazystr(_Said(label))


class _Said:
    """Turns into the text when it is asked for as one."""

    def __init__(self, label: Label) -> None:
        self.label = label

    def __str__(self) -> str:
        return localized(self.label)


def column(question: Question) -> "models.Field[Any, Any]":
    """The column of a question. Empty is "" for text and NULL for everything else.

    Its name for people is set apart from Django's own argument, so that another wording is no
    migration; nor are answers given as `choices`: what is possible, a constraint says.
    """
    made = _column(question)
    made.verbose_name = words(question.label)
    return made


def _column(question: Question) -> "models.Field[Any, Any]":
    if question.kind == "choice":
        return models.CharField(max_length=20, blank=True, default="")
    if question.kind in ("text", "partial_date"):
        return models.CharField(max_length=question.length, blank=True, default="")
    if question.kind == "note":
        return models.TextField(blank=True, default="")
    if question.kind in ("yes_no", "tick"):
        return models.BooleanField(null=True)
    if question.kind == "date":
        return models.DateField(null=True)
    if question.kind == "moment":
        return models.DateTimeField(null=True)
    return _number(question)


def _number(question: Question) -> "models.Field[Any, Any]":
    low, high = _bounds(question)
    if question.decimals:
        return models.DecimalField(
            max_digits=digits(question), decimal_places=question.decimals, null=True
        )
    if low >= -SMALL and high <= SMALL:
        return models.SmallIntegerField(null=True)
    return models.IntegerField(null=True)


def digits(question: Question) -> int:
    """How many digits a number has at most, before and behind the point."""
    whole = max(abs(bound) for bound in _bounds(question))
    return len(str(int(whole))) + question.decimals


def _bounds(question: Question) -> tuple[Decimal, Decimal]:
    """What is possible. ValueError for a number without limits: nothing may be typed unbounded."""
    if question.low is None or question.high is None:
        raise ValueError(f"{question.name} needs what is possible")
    return question.low, question.high


def constraints(form: Form) -> Iterator[models.CheckConstraint]:
    """A named constraint for each closed question, number and partial date."""
    for question in form.questions:
        condition = _condition(question)
        if condition is not None:
            name = f"{form.code}_{question.name}_possible"
            yield models.CheckConstraint(condition=condition, name=name)


def _condition(question: Question) -> Q | None:
    name = question.name
    if question.kind == "choice":
        return Q(**{f"{name}__in": ["", *(code.code for code in question.codes)]})
    if question.kind in ("number", "line"):
        low, high = (_exact(question, bound) for bound in _bounds(question))
        return Q(**{name: None}) | Q(**{f"{name}__gte": low, f"{name}__lte": high})
    if question.kind == "partial_date":
        return Q(**{name: ""}) | Q(**{f"{name}__regex": f"^{PARTIAL_DATE.pattern}$"})
    return None


def _exact(question: Question, bound: Decimal) -> Decimal | int:
    return bound if question.decimals else int(bound)
