"""Rows of described forms with an answer to every question, whatever makes sense."""

from datetime import UTC, date, datetime
from typing import Any

from django.utils import timezone

from patients.models import Participant
from tests.factories import study
from trial.audit.context import Actor, transaction
from trial.crf.models import MODELS
from trial.protocol.crf import Form, Question
from visits.models import Visit


def answer_to(question: Question) -> Any:
    """Something that can be stored."""
    if question.kind == "choice":
        return question.codes[0].code
    if question.kind in ("number", "line"):
        return question.low
    if question.kind in ("yes_no", "tick"):
        return True
    return {
        "text": "text"[: question.length], "note": f"note on {question.name}",
        "date": date(2025, 1, 6), "partial_date": "2025-01",
        "moment": datetime(2025, 1, 6, 1, 30, tzinfo=UTC),
    }[question.kind]  # fmt: skip


def filled(
    form: Form, person: Participant, visit: Visit | None = None, *, number: int = 1,
    by: Actor = study.SETUP, **values: Any,
) -> Any:  # fmt: skip
    """A row with every question answered, those of `values` so; without edit checks."""
    answers = {one.name: answer_to(one) for one in form.questions} | values
    owner = {"visit": visit} if form.level == "visit" else {}
    with transaction(by=by):
        return MODELS[form.code].objects.create(
            participant=person, number=number, saved_at=timezone.now(), saved_by=by.name,
            **owner, **answers,
        )  # fmt: skip


def corrected(row: Any, *, by: Actor, reason: str, **values: Any) -> Any:
    """The row with other answers."""
    with transaction(by=by, reason=reason):
        for name, value in values.items():
            setattr(row, name, value)
        row.version += 1
        row.save()
    return row


def all_forms(person: Participant, visit: Visit) -> dict[str, Any]:
    """One row of every form there is; those of a visit at this one."""
    return {
        code: filled(model.form, person, visit if model.form.level == "visit" else None)
        for code, model in MODELS.items()
    }
