"""Rows of described forms, whichever there are: stored as they could be, without edit checks."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any

from django.utils import timezone

from patients.models import Participant
from tests.factories import study
from trial.audit.context import transaction
from trial.crf.models import MODELS, FormRow
from trial.protocol.casebook.forms import FORMS
from trial.protocol.crf import Form, Question

TYPED = "what somebody typed freely"  # in every text that may name a person
MOMENT = datetime(2025, 1, 6, 8, 15, tzinfo=UTC)


def answer(question: Question) -> Any:
    """Something that can be stored."""
    fixed: Mapping[str, Any] = {
        "note": TYPED, "yes_no": True, "tick": True, "date": study.DAY0, "partial_date": "2024-05",
        "moment": MOMENT, "line": 1,
    }  # fmt: skip
    if question.kind == "text":
        return (TYPED if question.names_people else "A1")[: question.length]
    if question.kind == "choice":
        return question.codes[0].code
    return question.high if question.kind == "number" else fixed[question.kind]


def row(
    form: Form, person: Participant, visit: str = "D0", *, number: int = 1, **values: Any
) -> FormRow:
    """A row with an answer to every question, but for `values`."""
    owner: dict[str, Any] = {"participant": person}
    if form.level == "visit":
        owner["visit"] = study.visit_of(person, visit)
    answers = {question.name: answer(question) for question in form.questions}
    saved = {"saved_at": timezone.now(), "saved_by": "test", "number": number}
    with transaction(by=study.SETUP):
        made: FormRow = MODELS[form.code].objects.create(**owner, **saved, **{**answers, **values})
    return made


def blank(
    form: Form, person: Participant, visit: str = "D0", *, number: int = 1, **values: Any
) -> FormRow:
    """A row without any answer."""
    empty = {question.name: question.empty for question in form.questions}
    return row(form, person, visit, number=number, **{**empty, **values})


def change(stored: FormRow, reason: str = "typing error", **values: Any) -> FormRow:
    """Other answers in a stored row."""
    with transaction(by=study.SETUP, reason=reason):
        for name, value in values.items():
            setattr(stored, name, value)
        stored.version += 1
        stored.saved_at = timezone.now()
        stored.save()
    return stored


def every(person: Participant) -> dict[str, FormRow]:
    """A row of every form, by the form's code. Who has died has done so after all the rest."""
    died: dict[str, Any] = {"died_on": study.DAY0 + timedelta(days=700)}
    return {
        form.code: row(form, person, **(died if form.code == "death" else {})) for form in FORMS
    }


def each(name: str, values: Iterable[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """The test for every value of a parameter in turn, in one study: to lay out one for each would
    take minutes."""

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(test)

        @wraps(test)
        def every_one(**given: Any) -> None:
            for value in values:
                try:
                    test(**{name: value}, **given)
                except BaseException as error:
                    error.add_note(f"{name} {getattr(value, 'code', value)}")
                    raise

        kept = [one for key, one in signature.parameters.items() if key != name]
        every_one.__signature__ = signature.replace(parameters=kept)  # type: ignore[attr-defined]
        return every_one

    return decorate


each_form = each("form", FORMS)
