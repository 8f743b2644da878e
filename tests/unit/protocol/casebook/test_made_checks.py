"""The checks that are made from the descriptions of forms: what lies ahead, lines not there."""

import importlib
import pkgutil
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest

from trial.protocol import casebook
from trial.protocol.casebook.forms import BY_CODE, CHECKS, FORMS
from trial.protocol.crf import Case, Facts, Person, Row
from trial.protocol.edit_checks import future_of, lines_of

CLOCK = timezone(timedelta(hours=8))
NOW = datetime(2026, 6, 30, 9, 30, tzinfo=CLOCK)
MINUTE = timedelta(minutes=1)
TIMES = [
    (form, question)
    for form in FORMS
    for question in form.questions
    if question.kind in ("date", "partial_date", "moment")
]
LINES = [(form, one) for form in FORMS for one in form.questions if one.kind == "line"]
PAST: dict[str, list[Any]] = {
    "date": [NOW.date()],
    "partial_date": ["2026-06-30", "2026-06", "2026"],
    "moment": [NOW, NOW - MINUTE],
}
AHEAD: dict[str, list[Any]] = {
    "date": [date(2026, 7, 1)],
    "partial_date": ["2026-07-01", "2026-07", "2027"],
    "moment": [NOW + MINUTE, NOW + timedelta(days=1)],
}


def ids(value):
    return getattr(value, "code", None) or getattr(value, "name", None)


def case_of(form, values, *, now=NOW, **others):
    row = Row(form.code, 1, 1, values)
    rows = {code: tuple(Row(code, 10 + at, at, {}) for at in some) for code, some in others.items()}
    rows.setdefault(form.code, ())
    rows[form.code] = (row, *rows[form.code])
    return Case(row, Facts(Person(), NOW.date(), rows, now=now))


@pytest.mark.parametrize(("form", "question"), TIMES, ids=ids)
def test_nothing_lies_ahead_but_what_may(form, question):
    checks = [one for one in future_of(form) if one.fields == (question.name,)]
    assert len(checks) == (not question.may_be_future)
    for check in checks:
        assert check in CHECKS or check.id in {one.id for one in CHECKS}
        assert check.severity == "hard"
        assert not any(
            check.finds(case_of(form, {question.name: at})) for at in PAST[question.kind]
        )
        assert all(check.finds(case_of(form, {question.name: at})) for at in AHEAD[question.kind])
        assert not check.finds(case_of(form, {}))


def test_a_moment_is_compared_by_its_day_where_the_time_is_not_known():
    form = BY_CODE["adverse_event"]
    (check,) = (one for one in future_of(form) if one.fields == ("aware_at",))
    assert not check.finds(case_of(form, {"aware_at": NOW + MINUTE}, now=None))
    assert check.finds(case_of(form, {"aware_at": NOW + timedelta(days=1)}, now=None))


@pytest.mark.parametrize(("form", "question"), LINES, ids=ids)
def test_a_line_that_is_named_is_there(form, question):
    (check,) = (one for one in lines_of(form) if one.fields == (question.name,))
    assert check.id in {one.id for one in CHECKS}
    assert check.reads == (question.to,)
    assert check.finds(case_of(form, {question.name: 4}))
    assert check.finds(case_of(form, {question.name: 4}, **{question.to: [2, 3]}))
    assert not check.finds(case_of(form, {question.name: 3}, **{question.to: [2, 3]}))
    assert not check.finds(case_of(form, {}))


def test_a_line_is_of_a_form_that_has_lines():
    assert all(BY_CODE[question.to].repeats for _form, question in LINES)


def test_every_check_has_an_id_of_its_own_and_a_question_of_its_form():
    assert len({check.id for check in CHECKS}) == len(CHECKS)
    for check in CHECKS:
        names = [*check.fields, *(check.needs or ())]
        assert all(BY_CODE[check.form].question(name) for name in names)
        assert set(check.reads) <= set(BY_CODE)


def test_no_check_that_was_written_is_left_out():
    """A form's checks may stand in a module of their own; all of them are tried."""
    names = [one.name for one in pkgutil.iter_modules(casebook.__path__)]
    modules = [importlib.import_module(f"{casebook.__name__}.{name}") for name in names]
    written = {check.id for one in modules for check in getattr(one, "CHECKS", ())}
    assert written <= {check.id for check in CHECKS}
    described = {one.FORM.code for one in modules if "FORM" in dir(one)}
    assert {form.code for form in FORMS} == described - {"histology_reading"}  # the reader's own
