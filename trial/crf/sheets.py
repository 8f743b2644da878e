"""A form as its page draws it: sections with their forms, what is missing, what checks say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import uuid4

from django import forms
from django.forms.boundfield import BoundField
from django.http import QueryDict

from trial.access.exceptions import Conflict, Refused
from trial.access.refusals import show_refusal
from trial.crf.checking import found_in, tried
from trial.crf.exceptions import Unexplained
from trial.crf.forms import AboutForm, Lines, NotDoneForm, ObjectionForm, SectionForm, StrikeForm
from trial.crf.models import MODELS
from trial.crf.owner import Owner
from trial.crf.panels import Panel
from trial.crf.services import NEW, Entry
from trial.crf.values import text_of
from trial.protocol.crf import (
    Facts,
    Form,
    Question,
    Row,
    RowState,
    Section,
    asked,
    blank,
    missing,
    said,
    state_of,
)
from trial.protocol.edit_checks import Finding
from trial.protocol.label import Label
from trial.protocol.version import ProtocolVersion
from trial.web.formats import localized

MANY = 20  # questions; a line of a longer form shows its first section in the list


@dataclass
class Drawn:
    """One question on the page: its field, whether it is asked now, whether it is missing."""

    question: Question
    field: BoundField
    asked: bool
    missing: bool

    @property
    def when(self) -> str:
        """The condition for scripts: "outcome=fatal,unknown"; "" for none."""
        when = self.question.when
        return f"{when.question}={','.join(when.codes)}" if when else ""


@dataclass
class Part:
    """One section as it is drawn."""

    sheet: "Sheet"
    section: Section
    form: SectionForm
    about: AboutForm
    difference: Sequence[Mapping[str, Any]] = ()
    unexplained: Sequence[Finding] = ()
    typed_answers: Mapping[str, str] = field(default_factory=dict)
    refused: bool = False

    @property
    def name(self) -> str:
        """What it is called in the page: unique over all forms of a visit."""
        return f"{self.sheet.form.code}-{self.section.code}"

    @property
    def stored(self) -> bool:
        """Whether something of it is recorded, so that a change needs a reason."""
        return any(not blank(self.form.stored.get(one.name)) for one in self.section.questions)

    @property
    def good(self) -> bool:
        """Whether everything could be read."""
        return all([self.form.is_valid(), self.about.is_valid()])

    @cached_property
    def fields(self) -> list[Drawn]:
        """The questions in their order."""
        typed = self.form.typed if self.form.is_bound else self.sheet.offered
        values = {**self.form.stored, **typed}
        return [
            Drawn(
                one,
                self.form[one.name],
                asked(self.sheet.form, one, {**self.sheet.values, **values}),
                one.name in self.sheet.missing and self.stored,
            )
            for one in self.section.questions
        ]

    def entry(self) -> Entry:
        """What is to be saved; needs a good part."""
        return Entry(
            form=self.sheet.form,
            section=self.section,
            values=self.form.typed,
            base=self.form.base,
            number=self.sheet.number,
            answers=self.typed_answers,
        )

    def refuse(self, refused: Refused) -> None:
        """Show a service's messages at their questions, and what somebody else has stored."""
        self.refused = True
        self.difference = refused.difference if isinstance(refused, Conflict) else ()
        self.unexplained = refused.findings if isinstance(refused, Unexplained) else ()
        for name, texts in refused.errors.items():
            target = self.about if name == "reason" else self.form
            show_refusal(target, Refused({name: texts}))

    def explanations(self) -> list[tuple[Finding, str]]:
        """What has to be explained, with what was written already."""
        return [(one, self.typed_answers.get(one.check.id, "")) for one in self.unexplained]


@dataclass
class Sheet:
    """One sheet or line of a form: of `owner`, with everything else that is known (`facts`).

    `number` is NEW for a line that is not there yet. `struck`: it was entered by mistake, and is
    therefore not among the facts. `offered`: what a new line begins with.
    """

    owner: Owner
    form: Form
    facts: Facts
    protocol: ProtocolVersion
    number: int = 1
    may_write: bool = False
    row: Row | None = None
    struck: bool = False
    why_not_done: str = ""
    wrong: Part | None = None
    offered: Mapping[str, str] = field(default_factory=dict)
    panels: Sequence[Panel] = ()
    acts: dict[str, forms.Form] = field(default_factory=dict)  # what was said of it and is refused

    def act(self, name: str, kind: type[forms.Form], data: QueryDict | None = None) -> forms.Form:
        """The form of an act on the sheet, as it was typed where it was refused."""
        if data is not None:
            self.acts[name] = kind(data, auto_id=f"id_{self.name}-{name}-%s")
        return self.acts.get(name) or kind(auto_id=f"id_{self.name}-{name}-%s")

    @property
    def not_done_form(self) -> forms.Form:
        return self.act("not-done", NotDoneForm)

    @property
    def strike_form(self) -> forms.Form:
        return self.act("strike", StrikeForm)

    @property
    def objections(self) -> list[tuple[Finding, forms.Form]]:
        """What the checks say about the sheet, each with what can be said against it."""
        return [(one, self.act(f"wrong-{one.check.id}", ObjectionForm)) for one in self.found]

    @property
    def values(self) -> Mapping[str, Any]:
        return self.row.values if self.row else {}

    @property
    def where(self) -> str:
        """The sheet in an address: the visit's label, "new", or the number of the line."""
        if self.owner.visit is not None:
            return str(self.owner.visit.slug)
        return "new" if self.number == NEW else str(self.number)

    @property
    def name(self) -> str:
        """What its element is called in the page."""
        return f"sheet-{self.form.code}"

    @cached_property
    def missing(self) -> tuple[str, ...]:
        """The needed answers that are not there yet."""
        return () if self.not_done else missing(self.form, self.values)

    @property
    def missing_labels(self) -> list[Label]:
        return [self.form.question(name).label for name in self.missing]

    @property
    def not_done(self) -> bool:
        return bool(self.row and self.row.not_done)

    @property
    def state(self) -> RowState:
        return state_of(self.form, self.row.values if self.row else None, not_done=self.not_done)

    @property
    def pk(self) -> int | None:
        """The row behind it, for its history and queries."""
        return self.row.id if self.row else None

    @property
    def title(self) -> str:
        """What tells a line from its neighbours: "3 · Nausea"."""
        return title_of(self.form, self.row) if self.row else ""

    @cached_property
    def found(self) -> list[Finding]:
        """What the checks say about what is stored here."""
        if self.row is None:
            return []
        every = found_in(self.protocol, self.facts)
        return [one for one in every if one.row.form == self.form.code and one.row.id == self.pk]

    @cached_property
    def lines(self) -> Lines:
        """The lines that answers may name, by form."""
        return {
            question.to: [(row.number, title_of(self.protocol.form(question.to), row))
                          for row in self.facts.all(question.to)]
            for question in self.form.questions
            if question.to
        }  # fmt: skip

    @cached_property
    def parts(self) -> list[Part]:
        """The sections, that which was just refused as it was typed."""
        shown = self.form.sections[:1] if self.number == NEW else self.form.sections
        wrong = self.wrong
        return [wrong if wrong and wrong.section is one else self.part(one) for one in shown]

    def part(self, section: Section, data: QueryDict | None = None) -> Part:
        """A section as stored, or with what was typed. KeyError for one of another form."""
        prefix = f"{self.form.code}-{section.code}"
        form = SectionForm(
            section, prefix=prefix, zone=self.owner.participant.site.zone, values=self.values,
            lines=self.lines, data=data, offered=self.offered,
        )  # fmt: skip
        about = AboutForm(data, initial={"key": uuid4().hex}, auto_id=f"id_{prefix}-%s")
        answers = answers_in(data) if data is not None else {}
        return Part(self, section, form, about, typed_answers=answers)

    def live(self, section: Section, data: QueryDict) -> list[Finding]:
        """What the checks would say if the section were saved as it is typed now."""
        part = self.part(section, data)
        return tried(self.protocol, self.facts, self.form, self.row, part.form.typed,
                     self.owner, {one.name for one in section.questions})  # fmt: skip

    @property
    def conditions(self) -> dict[str, str]:
        """The answers that conditions in other sections rest on."""
        names = {one.when.question for one in self.form.questions if one.when}
        return {name: said(self.values.get(name)) for name in sorted(names)}


def answers_in(data: QueryDict) -> dict[str, str]:
    """The explanations that came with a section, by check."""
    return {
        name.removeprefix("why-"): text.strip()
        for name, text in data.items()
        if name.startswith("why-") and isinstance(text, str)
    }


def title_of(form: Form, row: Row) -> str:
    """A line in a list: its number and the answers that name it."""
    said_of = [_plain(form.question(name), row.values.get(name)) for name in form.titled_by]
    return " · ".join([str(row.number), *filter(None, said_of)])


def _plain(question: Question, value: Any) -> str:
    if question.kind == "moment" and value is not None:
        return str(value.date())
    return text_of(question, value, None)  # type: ignore[arg-type]  # only times need the zone


def row_in(facts: Facts, form: Form, owner: Owner, number: int) -> Row | None:
    """The stored row of a sheet or line."""
    for row in facts.all(form.code):
        if owner.visit is not None:
            if row.visit_id == owner.visit.pk:
                return row
        elif row.number == number:
            return row
    return None


def why_not_done(rows: Sequence[Row]) -> dict[tuple[str, int], str]:
    """Why sheets were not done, by form and row. One statement for each form that has such."""
    found: dict[tuple[str, int], str] = {}
    by_form: dict[str, list[int]] = {}
    for row in rows:
        if row.not_done:
            by_form.setdefault(row.form, []).append(row.id)
    for form, ids in by_form.items():
        stored = MODELS[form].objects.filter(pk__in=ids).values_list("pk", "not_done")
        found |= {(form, pk): why for pk, why in stored}
    return found


def summary(form: Form, row: Row) -> list[tuple[str, str]]:
    """The answers of a row as (label, answer), those not asked left out; of a long form those of
    its first section."""
    shown = form.questions if len(form.questions) <= MANY else form.sections[0].questions
    return [
        (localized(one.label), _plain(one, row.values.get(one.name)))
        for one in shown
        if asked(form, one, row.values)
    ]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a form in its list."""

    row: Row
    title: str
    summary: list[tuple[str, str]]
    state: RowState
    missing: int


def line_of(form: Form, row: Row) -> Line:
    """A row as its list shows it."""
    return Line(
        row,
        title_of(form, row),
        summary(form, row),
        state_of(form, row.values),
        len(missing(form, row.values)),
    )
