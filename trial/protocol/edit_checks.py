"""Edit checks as data: what is compared, when it fires, how grave it is, what it says.

A check belongs to a form and is tried on each of its rows. It fires only where everything it needs
is known: what is missing is asked for as missing, never guessed (three-valued logic, where unknown
does not fire). A hard check refuses the answer; a soft one asks, and what is kept all the same
opens a query with the explanation (R-12).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Literal

from trial.protocol.crf import Case, Facts, Form, Question, Row, asked, blank
from trial.protocol.label import Label
from trial.protocol.partial import surely_before

Severity = Literal["hard", "soft"]


@dataclass(frozen=True, slots=True)
class Check:
    """One edit check.

    `fields`: the questions of the row that it is about; the first is where its message stands.
    `needs`: those that have to be answered for it to fire, all of `fields` if not given.
    `reads`: the other forms whose rows it looks at. `fires` gets the case and says whether what
    was entered is wrong.
    """

    id: str
    form: str
    fields: tuple[str, ...]
    severity: Severity
    says: Label
    fires: Callable[[Case], bool]
    needs: tuple[str, ...] | None = None
    reads: tuple[str, ...] = ()

    def finds(self, case: Case) -> bool:
        """Whether it fires on a row. What is not done holds nothing to check."""
        needed = self.fields if self.needs is None else self.needs
        if case.row.not_done or any(blank(case[name]) for name in needed):
            return False
        return self.fires(case)


def limits_of(form: Form) -> tuple[Check, ...]:
    """The check of each question with soft limits, named "<form>.<question>"."""
    return tuple(
        Check(
            id=f"{form.code}.{question.name}",
            form=form.code,
            fields=(question.name,),
            severity="soft",
            says=_outside(question),
            fires=lambda case, question=question: question.doubtful(case[question.name]),  # type: ignore[misc]
        )
        for question in form.questions
        if question.soft_low is not None or question.soft_high is not None
    )


def _outside(question: Question) -> Label:
    """What is said about a number outside its usual limits."""
    low, high = question.soft_low, question.soft_high
    unit = f" {question.unit}" if question.unit else ""
    if low is None or high is None:
        bound = f"{_plain(high if low is None else low)}{unit}"
        words = ("above", "高于") if low is None else ("below", "低于")
        return Label(
            f"{question.label.en}: {words[0]} {bound}.", f"{question.label.zh}：{words[1]}{bound}。"
        )
    span = f"{_plain(low)}–{_plain(high)}{unit}"
    return Label(
        f"{question.label.en}: outside the usual {span}.",
        f"{question.label.zh}：超出常见范围{span}。",
    )


def _plain(value: Decimal | None) -> str:
    return format(value, "f") if value is not None else ""


def future_of(form: Form) -> tuple[Check, ...]:
    """The check of each day, partial date and moment that can't lie ahead, named
    "<form>.<question>.future"."""
    return tuple(
        Check(
            id=f"{form.code}.{question.name}.future",
            form=form.code,
            fields=(question.name,),
            severity="hard",
            says=Label(f"{question.label.en}: this lies in the future.",
                       f"{question.label.zh}：晚于当前时间。"),
            fires=partial(_ahead, question.name),
        )
        for question in form.questions
        if question.kind in ("date", "partial_date", "moment") and not question.may_be_future
    )  # fmt: skip


def _ahead(name: str, case: Case) -> bool:
    """A partial date only if no day that it may mean has come."""
    value, facts = case[name], case.facts
    if isinstance(value, datetime) and facts.now is not None:
        return value > facts.now
    day = value.date() if isinstance(value, datetime) else value
    return surely_before(facts.today, day) is True


def lines_of(form: Form) -> tuple[Check, ...]:
    """The check of each answer that is the number of a line elsewhere, named
    "<form>.<question>.line": the line is there, and is not struck."""
    return tuple(
        Check(
            id=f"{form.code}.{question.name}.line",
            form=form.code,
            fields=(question.name,),
            severity="hard",
            says=Label(f"{question.label.en}: there is no such line, or it is struck.",
                       f"{question.label.zh}：该编号的记录不存在或已作废。"),
            fires=partial(_no_line, question.name, question.to),
            reads=(question.to,),
        )
        for question in form.questions
        if question.kind == "line"
    )  # fmt: skip


def _no_line(name: str, to: str, case: Case) -> bool:
    return case.facts.line(to, case[name]) is None


@dataclass(frozen=True, slots=True)
class Finding:
    """A check that fires on a row."""

    check: Check
    row: Row


def findings(checks: Sequence[Check], facts: Facts) -> Iterator[Finding]:
    """What these checks find in everything of one participant."""
    for check in checks:
        for row in facts.all(check.form):
            if check.finds(Case(row, facts)):
                yield Finding(check, row)


def touched_by(checks: Sequence[Check], form: str) -> tuple[Check, ...]:
    """The checks whose outcome may change with a row of this form."""
    return tuple(check for check in checks if check.form == form or form in check.reads)


def applicable(form: Form, values: dict[str, object]) -> dict[str, object]:
    """The answers without those to questions that are not asked any more."""
    return {
        one.name: values.get(one.name, one.empty) if asked(form, one, values) else one.empty
        for one in form.questions
    }
