"""Case report forms as data: what is asked, how an answer looks, when it is asked at all.

A form is described once, here and in trial/protocol/casebook/. Its columns in the database, the
page it is entered on, its printed sheet, its place in exports, signatures and the trail, and its
target in CDISC SDTM are made from that description. Nothing in it depends on a framework.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal

from trial.protocol.label import Label

Kind = Literal["number", "text", "note", "choice", "yes_no", "tick", "date", "partial_date",
               "moment", "line"]  # fmt: skip
App = Literal["patients", "visits", "safety"]
PARTIAL_DATE = re.compile(r"[12][0-9]{3}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?")


@dataclass(frozen=True, slots=True)
class Code:
    """One answer of a closed question. `code` is stored and never changes its meaning; `cdisc` is
    the submission value, where CDISC has a term for it."""

    code: str
    label: Label
    cdisc: str = ""


@dataclass(frozen=True, slots=True)
class When:
    """Asked only where the answer to `question` of the same row is one of `codes`.

    A yes/no question answers with "yes" and "no", a ticked box with "yes".
    """

    question: str
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a form. Made by the functions below, one for each kind.

    `low` to `high` is what is possible (ends included): anything else is refused. Outside
    `soft_low` to `soft_high` an answer is kept with an explanation. `needed`: the form is not
    complete without an answer (where it is asked). `cdisc`: variable or test code of SDTM, such as
    "VS.SYSBP" or "AE.AETERM". `names_people`: free text, in which somebody may be named; it never
    leaves the system. `may_be_future`: a day that may still lie ahead. `to`: the form whose line a
    "line" answer is the number of. `since`: the version of the list of signed columns that first
    has it (trial/signing/content.py).
    """

    name: str
    kind: Kind
    label: Label
    help: Label | None = None
    unit: str = ""
    decimals: int = 0
    low: Decimal | None = None
    high: Decimal | None = None
    soft_low: Decimal | None = None
    soft_high: Decimal | None = None
    codes: tuple[Code, ...] = ()
    length: int = 0
    to: str = ""
    needed: bool = False
    when: When | None = None
    cdisc: str = ""
    names_people: bool = False
    may_be_future: bool = False
    since: int = 4

    def code(self, code: str) -> Code:
        """The answer of this code; KeyError if there is none."""
        for one in self.codes:
            if one.code == code:
                return one
        raise KeyError(code)

    def problem(self, value: Any) -> str:
        """Why a typed value can't be stored: "" if it can, else not_a_code, too_low, too_high,
        too_long, not_a_date. Nothing typed is no problem."""
        if value is None or value == "":
            return ""
        if self.kind == "choice" and value not in {one.code for one in self.codes}:
            return "not_a_code"
        if self.kind in ("number", "line"):
            return self._off_limits(Decimal(value))
        if self.kind == "partial_date" and not is_partial_date(value):
            return "not_a_date"
        if self.kind in ("text", "note") and len(value) > self.length:
            return "too_long"
        return ""

    def _off_limits(self, value: Decimal) -> str:
        if self.low is not None and value < self.low:
            return "too_low"
        return "too_high" if self.high is not None and value > self.high else ""

    def doubtful(self, value: Any) -> bool:
        """Whether a number lies outside its soft limits; a limit itself does not."""
        if value is None or self.kind != "number":
            return False
        low, high = self.soft_low, self.soft_high
        return (low is not None and value < low) or (high is not None and value > high)

    @property
    def empty(self) -> Any:
        """What the column holds without an answer."""
        return "" if self.kind in ("text", "note", "choice", "partial_date") else None


def is_partial_date(text: str) -> bool:
    """Whether a text is YYYY, YYYY-MM or YYYY-MM-DD of a day that there is."""
    if not PARTIAL_DATE.fullmatch(text):
        return False
    try:
        return len(text) < 10 or bool(date.fromisoformat(text))
    except ValueError:
        return False


def number(
    name: str, label: Label, *, low: str | int, high: str | int, decimals: int = 0, unit: str = "",
    soft: tuple[str | int | None, str | int | None] = (None, None), **more: Any,
) -> Question:  # fmt: skip
    """A number with what is possible and, as `soft`, what is usual."""
    bounds = {"soft_low": soft[0], "soft_high": soft[1], "low": low, "high": high}
    limits: dict[str, Any] = {
        key: None if value is None else Decimal(value) for key, value in bounds.items()
    }
    return Question(name, "number", label, decimals=decimals, unit=unit, **limits, **more)


def choice(name: str, label: Label, codes: Iterable[Code], **more: Any) -> Question:
    """One of a few answers."""
    return Question(name, "choice", label, codes=tuple(codes), **more)


def yes_no(name: str, label: Label, **more: Any) -> Question:
    """Yes, no, or not answered."""
    return Question(name, "yes_no", label, **more)


def tick(name: str, label: Label, **more: Any) -> Question:
    """A box: ticked or not. For lists of which any number can apply."""
    return Question(name, "tick", label, **more)


def text(name: str, label: Label, *, length: int = 100, **more: Any) -> Question:
    """A line of free text."""
    return Question(name, "text", label, length=length, **{"names_people": True, **more})


def note(name: str, label: Label, *, length: int = 2_000, **more: Any) -> Question:
    """Several lines of free text."""
    return Question(name, "note", label, length=length, **{"names_people": True, **more})


def day(name: str, label: Label, **more: Any) -> Question:
    """A calendar day, local to the site."""
    return Question(name, "date", label, **more)


def partial_day(name: str, label: Label, **more: Any) -> Question:
    """A day, or a month or year where no more is known: YYYY, YYYY-MM or YYYY-MM-DD."""
    return Question(name, "partial_date", label, length=10, **more)


def moment(name: str, label: Label, **more: Any) -> Question:
    """A day and time of the site's clock."""
    return Question(name, "moment", label, **more)


def line(name: str, label: Label, to: str, **more: Any) -> Question:
    """The number of a line in another form of the same participant, such as adverse event 3."""
    return Question(name, "line", label, to=to, low=Decimal(1), high=Decimal(999), **more)


@dataclass(frozen=True, slots=True)
class Section:
    """What is saved at one go. `code` stands in addresses."""

    code: str
    label: Label
    questions: tuple[Question, ...]
    help: Label | None = None


Level = Literal["visit", "participant"]


@dataclass(frozen=True, eq=False)
class Form:
    """One form. At a visit there is one of it for each visit, else one for the participant; with
    `repeats` any number of lines.

    `app` owns the table, `domain` is the SDTM domain. `writer`: "site" or "safety" (the sponsor's
    safety unit). `titled_by`: the questions whose answers name a line in lists.
    """

    code: str
    app: App
    label: Label
    level: Level
    sections: tuple[Section, ...]
    domain: str
    help: Label | None = None
    repeats: bool = False
    icon: str = "forms"
    writer: Literal["site", "safety"] = "site"
    titled_by: tuple[str, ...] = ()
    # A form whose page is its own, not the one that all forms share.
    page: str = ""

    @property
    def model(self) -> str:
        """The name of the model: AdverseEvent for adverse_event."""
        return "".join(part.capitalize() for part in self.code.split("_"))

    @property
    def table(self) -> str:
        """The table of its rows."""
        return f"{self.app}_{self.model.lower()}"

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """All questions in their order."""
        return tuple(question for part in self.sections for question in part.questions)

    @cached_property
    def _by_name(self) -> Mapping[str, Question]:
        return {question.name: question for question in self.questions}

    def question(self, name: str) -> Question:
        """The question of this name; KeyError if there is none."""
        return self._by_name[name]

    def section(self, code: str) -> Section:
        """The section of this code; KeyError if there is none."""
        for part in self.sections:
            if part.code == code:
                return part
        raise KeyError(code)

    def __post_init__(self) -> None:
        names = [question.name for question in self.questions]
        if len(set(names)) != len(names):
            raise ValueError(f"{self.code} asks a question twice")
        for question in self.questions:
            if question.when and question.when.question not in names:
                raise ValueError(f"{self.code}.{question.name} depends on an unknown question")


Values = Mapping[str, Any]  # the answers of one row by question


def said(value: Any) -> str:
    """An answer as conditions name it: a code, or "yes" and "no"; "" for none."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def asked(form: Form, question: Question, values: Values) -> bool:
    """Whether a question is asked, given the answers of the row; a chain of conditions holds only
    if each of its links does."""
    if question.when is None:
        return True
    on = form.question(question.when.question)
    return said(values.get(on.name)) in question.when.codes and asked(form, on, values)


def blank(value: Any) -> bool:
    """Whether there is no answer."""
    return value is None or value == ""


def missing(form: Form, values: Values) -> tuple[str, ...]:
    """The needed questions that are asked and have no answer, in the order of the form."""
    return tuple(
        question.name
        for question in form.questions
        if question.needed and blank(values.get(question.name)) and asked(form, question, values)
    )


RowState = Literal["blank", "partial", "complete", "not_done"]


def state_of(form: Form, values: Values | None, *, not_done: bool = False) -> RowState:
    """How far a row has come. None: there is no row."""
    if not_done:
        return "not_done"
    if values is None or all(blank(values.get(one.name)) for one in form.questions):
        return "blank"
    return "partial" if missing(form, values) else "complete"


@dataclass(frozen=True, slots=True)
class Row:
    """A stored row as checks read it. `visit` is its visit's label, "" for none; `on` that visit's
    date."""

    form: str
    id: int
    number: int
    values: Values
    visit: str = ""
    visit_id: int | None = None
    on: date | None = None
    not_done: bool = False

    def __getitem__(self, name: str) -> Any:
        return self.values.get(name)


@dataclass(frozen=True, slots=True)
class Person:
    """What checks may know of the participant; dates local to the site."""

    sex: str = ""
    birth_year: int = 0
    childbearing_potential: bool | None = None
    status: str = ""
    screened_on: date | None = None
    enrolled_on: date | None = None
    day0_on: date | None = None
    ended_on: date | None = None
    consented_on: date | None = None


@dataclass(frozen=True, slots=True)
class VisitFact:
    """A visit as checks read it."""

    id: int
    label: str
    status: str
    held_on: date | None
    target_on: date | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything checks may compare: one participant, every row that counts (none that was entered
    by mistake)."""

    person: Person
    today: date
    rows: Mapping[str, tuple[Row, ...]]
    visits: tuple[VisitFact, ...] = ()
    now: datetime | None = None

    def all(self, form: str) -> tuple[Row, ...]:
        """The rows of a form by visit or number; those not done hold no answers."""
        return self.rows.get(form, ())

    def line(self, form: str, number: Any) -> Row | None:
        """The line of a form by its number."""
        return next((row for row in self.all(form) if row.number == number), None)


@dataclass(frozen=True, slots=True)
class Case:
    """One row to be checked, among everything else of its participant."""

    row: Row
    facts: Facts

    def __getitem__(self, name: str) -> Any:
        return self.row.values.get(name)

    @property
    def person(self) -> Person:
        return self.facts.person

    def others(self) -> Iterator[Row]:
        """The other rows of the same form."""
        return (row for row in self.facts.all(self.row.form) if row.id != self.row.id)

    def visit_row(self, form: str) -> Row | None:
        """The row of another form at the same visit."""
        rows = self.facts.all(form)
        return next((row for row in rows if row.visit_id == self.row.visit_id), None)
