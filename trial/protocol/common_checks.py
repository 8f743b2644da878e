"""Edit checks that many forms have alike: spans of time, dates to come, lines not there."""

from trial.protocol.crf import Case
from trial.protocol.edit_checks import Check
from trial.protocol.label import Label
from trial.protocol.partial import surely_before


def ends_before_start(code: str, form: str, start: str, stop: str) -> Check:
    """Hard: the end lies before the beginning, whatever the unknown parts of both are."""
    return Check(
        code, form, (stop, start), "hard",
        Label("The end lies before the beginning.", "结束日期早于开始日期。"),
        lambda case: surely_before(case[stop], case[start]) is True,
    )  # fmt: skip


def ongoing_with_end(code: str, form: str, ongoing: str, stop: str) -> Check:
    """Hard: what goes on has an end."""
    return Check(
        code, form, (stop, ongoing), "hard",
        Label("What is ongoing has no end date.", "仍在持续者不应有结束日期。"),
        lambda case: case[ongoing] is True,
    )  # fmt: skip


def in_future(code: str, form: str, question: str) -> Check:
    """Hard: a day or partial date that is still to come."""
    return Check(
        code, form, (question,), "hard",
        Label("The date lies in the future.", "日期晚于今天。"),
        lambda case: surely_before(case.facts.today, case[question]) is True,
    )  # fmt: skip


def no_such_line(code: str, form: str, question: str, to: str) -> Check:
    """Soft, for the line may yet be entered: the number is of no line of the other form."""

    def missing(case: Case) -> bool:
        return case.facts.line(to, case[question]) is None

    return Check(
        code, form, (question,), "soft",
        Label("There is no line with this number.", "不存在此编号的记录。"),
        missing, reads=(to,),
    )  # fmt: skip


def answer_is(
    code: str, form: str, question: str, codes: tuple[str, ...], en: str, zh: str
) -> Check:
    """Soft: an answer that has to be looked at whatever else is known."""
    return Check(
        code, form, (question,), "soft", Label(en, zh), lambda case: case[question] in codes
    )  # fmt: skip
