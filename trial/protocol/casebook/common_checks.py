"""Checks that many forms have alike: days that have not come, days off the visit, loose links."""

from datetime import date, datetime
from functools import partial

from trial.protocol.crf import Case, Form, blank
from trial.protocol.edit_checks import Check
from trial.protocol.label import Label


def day_of(value: date | datetime) -> date:
    """The day of a day, or of a moment of the site's clock."""
    return value.date() if isinstance(value, datetime) else value


def not_in_future(id_: str, form: Form, name: str) -> Check:
    """Refuses a day or moment after today."""
    label = form.question(name).label
    says = Label(f"{label.en}: this day has not come yet.", f"{label.zh}：日期晚于今天。")
    return Check(id_, form.code, (name,), "hard", says, partial(_future, name))


def _future(name: str, case: Case) -> bool:
    return day_of(case[name]) > case.facts.today


def on_visit_day(id_: str, form: Form, name: str) -> Check:
    """Asks about a day that is not the visit's; nothing is asked while the visit has none."""
    label = form.question(name).label
    says = Label(f"{label.en}: not the day of the visit.", f"{label.zh}：与访视日期不一致。")
    return Check(id_, form.code, (name,), "soft", says, partial(_off_visit, name))


def _off_visit(name: str, case: Case) -> bool:
    return case.row.on is not None and day_of(case[name]) != case.row.on


def line_exists(id_: str, form: Form, name: str) -> Check:
    """Asks about the number of a line that the other form doesn't have, or has no more."""
    question = form.question(name)
    says = Label(
        f"{question.label.en}: there is no line of this number.",
        f"{question.label.zh}：不存在该编号的记录。",
    )
    fires = partial(_no_such_line, name, question.to)
    return Check(id_, form.code, (name,), "soft", says, fires, reads=(question.to,))


def _no_such_line(name: str, to: str, case: Case) -> bool:
    return case.facts.line(to, case[name]) is None


def answered(case: Case, *names: str) -> bool:
    """Whether all these questions of the row have an answer."""
    return not any(blank(case[name]) for name in names)
