"""Edit checks that many forms have alike: spans of time, days off the visit, answers to look at."""

from datetime import date, datetime
from functools import partial

from trial.protocol.crf import Case, Form, blank
from trial.protocol.edit_checks import Check
from trial.protocol.label import Label
from trial.protocol.partial import surely_before


def ends_before_start(id_: str, form: str, start: str, stop: str) -> Check:
    """Hard: the end lies before the beginning, whatever the unknown parts of both are."""
    return Check(
        id_, form, (stop, start), "hard",
        Label("The end lies before the beginning.", "结束日期早于开始日期。"),
        lambda case: surely_before(case[stop], case[start]) is True,
    )  # fmt: skip


def ongoing_with_end(id_: str, form: str, ongoing: str, stop: str) -> Check:
    """Hard: what goes on has an end."""
    return Check(
        id_, form, (stop, ongoing), "hard",
        Label("What is ongoing has no end date.", "仍在持续者不应有结束日期。"),
        lambda case: case[ongoing] is True,
    )  # fmt: skip


def answer_is(
    id_: str, form: str, question: str, codes: tuple[str, ...], en: str, zh: str
) -> Check:
    """Soft: an answer that has to be looked at whatever else is known."""
    return Check(
        id_, form, (question,), "soft", Label(en, zh), lambda case: case[question] in codes
    )  # fmt: skip


def on_visit_day(id_: str, form: Form, name: str) -> Check:
    """Soft: a day that is not the visit's; nothing is asked while the visit has none."""
    label = form.question(name).label
    says = Label(f"{label.en}: not the day of the visit.", f"{label.zh}：与访视日期不一致。")
    return Check(id_, form.code, (name,), "soft", says, partial(_off_visit, name))


def _off_visit(name: str, case: Case) -> bool:
    return case.row.on is not None and day_of(case[name]) != case.row.on


def day_of(value: date | datetime) -> date:
    """The day of a day, or of a moment of the site's clock."""
    return value.date() if isinstance(value, datetime) else value


def answered(case: Case, *names: str) -> bool:
    """Whether all these questions of the row have an answer."""
    return not any(blank(case[name]) for name in names)
