"""Answers compared, marked, shown; columns and fields made from descriptions."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict

from trial.crf.columns import column, constraints, digits
from trial.crf.forms import PartialDayField
from trial.crf.sheets import answers_in
from trial.crf.values import mark_of, same, text_of
from trial.protocol.casebook.forms import BY_CODE, FORMS
from trial.protocol.crf import number
from trial.protocol.label import Label

VITALS = BY_CODE["vital_signs"]
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("stored", "typed", "equal"),
    [(None, "", True), ("", None, True), ("a", " a ", True), ("a", "b", False), (0, None, False),
     (False, None, False), (True, True, True), (Decimal("62.0"), Decimal(62), True), (1, 2, False)],
)  # fmt: skip
def test_nothing_is_nothing_however_it_is_written(stored, typed, equal):
    assert same(stored, typed) is equal


def test_a_mark_is_of_the_answers_whatever_their_order():
    assert mark_of({"a": None, "b": 1}) == mark_of({"b": 1, "a": ""})
    assert mark_of({"a": 1}) != mark_of({"a": 2})
    assert mark_of({"a": 0}) != mark_of({"a": None})


@pytest.mark.parametrize(
    ("form", "name", "value", "text"),
    [
        ("vital_signs", "systolic", 120, "120 mmHg"),
        ("vital_signs", "position", "supine", "Lying"),
        ("vital_signs", "remark", "", ""),
        ("medical_history", "ongoing", False, "no"),
        ("adverse_event", "aware_at", datetime(2026, 3, 1, 2, tzinfo=UTC), "2026-03-01 10:00"),
    ],
)
def test_an_answer_is_read_with_unit_label_and_the_clock_of_the_site(form, name, value, text):
    assert text_of(BY_CODE[form].question(name), value, SHANGHAI) == text


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.code)
def test_every_question_has_a_column_and_every_limit_a_constraint(form):
    names = [one.name for one in constraints(form)]
    assert len(set(names)) == len(names)
    assert all(len(name) <= 63 for name in names)  # what PostgreSQL keeps of a name
    for question in form.questions:
        made = column(question)
        assert made.null == (question.empty is None)
        if question.kind in ("number", "line", "choice", "partial_date"):
            assert f"{form.code}_{question.name}_possible" in names


def test_a_number_has_as_many_digits_as_its_limits():
    dose = number("dose", Label("Dose", "剂量"), low="0.001", high=1_000_000, decimals=3)
    assert digits(dose) == 10
    assert digits(VITALS.question("weight_kg")) == 4


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("2026/03/05", "2026-03-05"), ("2026.03", "2026-03"), ("２０２６", "2026"), ("", "")],
)
def test_a_partial_date_is_understood_as_people_write_it(typed, kept):
    assert PartialDayField().clean(typed) == kept


def test_explanations_are_taken_from_the_form_by_check():
    data = QueryDict("why-AE-01= so it is &why-vital_signs.systolic=x&other=y")
    assert answers_in(data) == {"AE-01": "so it is", "vital_signs.systolic": "x"}
