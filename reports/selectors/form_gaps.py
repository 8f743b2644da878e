"""Forms of the casebook that still lack answers: of visits that were held, and about the person."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from trial.protocol import registry
from trial.protocol.casebook.forms import FORMS
from trial.protocol.crf import Facts, Form, Row, missing


@dataclass(frozen=True, slots=True)
class FormGap:
    """A form with needed answers that are not there. `line`: of a form of lines, else 0."""

    form: Form
    count: int
    line: int = 0


def gaps_at(facts: Facts, visit_id: int, code: str, version: str) -> list[FormGap]:
    """The forms that the visit's protocol asks for and that are neither complete nor marked as not
    done; of one that nobody opened every needed answer is missing."""
    return list(_open(_sheets(facts, visit_id, code, version)))


def _sheets(
    facts: Facts, visit_id: int, code: str, version: str
) -> Iterator[tuple[Form, Row | None]]:
    for form in registry.get(version).forms_at(code):
        rows = (row for row in facts.all(form.code) if row.visit_id == visit_id)
        yield form, next(rows, None)


def gaps_about(facts: Facts) -> list[FormGap]:
    """The lines and sheets about the person that were begun and lack answers: nobody has to have
    an adverse event, but one that is recorded is recorded whole."""
    begun = ((form, row) for form in FORMS if form.level == "participant"
             for row in facts.all(form.code))  # fmt: skip
    return list(_open(begun))


def _open(sheets: Iterable[tuple[Form, Row | None]]) -> Iterator[FormGap]:
    for form, row in sheets:
        if row is not None and row.not_done:
            continue
        count = len(missing(form, {} if row is None else row.values))
        if count:
            yield FormGap(form, count, row.number if row is not None and form.repeats else 0)
