"""A dataset for each described form, made from its description: a query on the form's own table.

A new question is in the dataset as soon as it has its column. Free text in which somebody may be
named never leaves (R-52), so of a sheet that was not done there is only that it was not.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from django.db.models import CharField, F, Value
from django.db.models.functions import NullIf
from django.db.models.lookups import IsNull

from reports.columns import Column, Kind
from reports.dataset import Dataset
from reports.shared_columns import CHANGED, PARTICIPANT, SITE, VISIT, c
from trial.access.roles import Permission
from trial.crf.models import MODELS
from trial.protocol.casebook.forms import FORMS
from trial.protocol.crf import Form, Question
from trial.protocol.crf import Kind as Asked

KINDS: Mapping[Asked, Kind] = {
    "text": "text",
    "note": "text",
    "choice": "text",
    "partial_date": "text",
    "yes_no": "boolean",
    "tick": "boolean",
    "date": "date",
    "moment": "timestamp",
    "number": "integer",
    "line": "integer",
}


def name_of(form: Form) -> str:
    """The name of a form's dataset, as it stands in addresses."""
    return form.code.replace("_", "-")


def exported(form: Form) -> tuple[Question, ...]:
    """The questions whose answers may leave the system."""
    return tuple(question for question in form.questions if not question.names_people)


# Their names are those of fields of the table, which are something else.
_PARTICIPANT = replace(PARTICIPANT, expression=F("participant__code"), stored="participant_code")
_VISIT = replace(VISIT[0], expression=F("visit__code"), stored="visit_code")
_NOT_DONE = Column(
    "not_done",
    "boolean",
    "The sheet was not filled in at all.",
    IsNull(NullIf(F("not_done"), Value("")), False),
    stored="is_not_done",
)


def _before(form: Form) -> Iterator[Column]:
    """Whose row it is, and whether it counts."""
    yield c("id", "integer", "Row of the sheet or line; stays the same through corrections.")
    yield replace(SITE, expression=F("participant__site__code"))
    yield _PARTICIPANT
    if form.level == "visit":
        yield _VISIT
        yield replace(VISIT[1], expression=F("visit__number"))
    if form.repeats:
        yield c("number", "integer", "Number of the line; it is never given to another.")
    yield c("struck", "boolean", "The line was entered by mistake and counts no more.")
    yield _NOT_DONE


_AFTER = (
    c("version", "integer", "How often the row has been saved."),
    replace(CHANGED, expression=F("saved_at")),
)


def _answer(question: Question) -> Column:
    kind: Kind = "decimal" if question.decimals else KINDS[question.kind]
    if kind != "text":
        return c(question.name, kind, text_of(question))
    filled = NullIf(F(question.name), Value(""), output_field=CharField())
    stored = f"{question.name}_or_null"
    return Column(question.name, kind, text_of(question), filled, stored=stored)


def text_of(question: Question) -> str:
    """What an export column holds, in English: the question with unit, codes and CDISC target."""
    said = [question.label.en + (f", {question.unit}" if question.unit else "")]
    if question.kind == "partial_date":
        said.append("YYYY, YYYY-MM or YYYY-MM-DD")
    if question.to:
        said.append(f"number of a line of {question.to.replace('_', '-')}")
    if question.codes:
        said.append("; ".join(f"{one.code}: {one.label.en}" for one in question.codes))
    if question.cdisc:
        said.append(f"CDISC {question.cdisc}")
    return ". ".join(part.rstrip(".") for part in said) + "."


def dataset_of(form: Form) -> Dataset:
    """The dataset of a form. ValueError where a question is called as a column is that all have."""
    before = tuple(_before(form))
    answers = tuple(_answer(question) for question in exported(form))
    own = tuple(column.name for column in (*before, *_AFTER))
    taken = sorted(set(own) & {question.name for question in form.questions})
    if taken:
        raise ValueError(f"{form.code} asks what every dataset has: {', '.join(taken)}")
    each = "line" if form.repeats else "sheet"
    return Dataset(
        name=name_of(form),
        text=f"{form.label.en}: one row per {each}, as entered.",
        rows=MODELS[form.code]._default_manager.all(),
        permission=Permission.REPORT_VIEW,
        columns=(*before, *answers, *_AFTER),
        key=("id",),
        orders=("id", "changed_at"),
        filled=own,
    )


FORM_DATASETS: Mapping[str, Dataset] = {name_of(form): dataset_of(form) for form in FORMS}
