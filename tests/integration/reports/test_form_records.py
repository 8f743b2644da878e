"""Described forms in history, queries, verification, the trail and comparison: by description."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import DatabaseError
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import override

from reports import form_records
from reports.form_records import answer_text
from reports.presenters import words
from reports.records import KIND_OF_TABLE, KINDS, MARKS, Found
from reports.selectors.comparison import Question as Asked
from reports.selectors.comparison import compared, differences
from reports.selectors.form_rows import form_rows
from reports.selectors.risk import RISKS
from tests.factories import forms, study
from tests.integration.quality import holding, verifying
from tests.integration.reports.test_statements import LIMIT, statements
from trial.audit.context import transaction
from trial.audit.models import Event
from trial.audit.watermark import watermark
from trial.protocol.casebook.forms import BY_CODE, FORMS
from trial.protocol.crf import Code, choice, moment, number, partial_day, yes_no
from trial.protocol.label import Label
from trial.quality.exceptions import held_text
from trial.quality.models import Query, Scope
from visits.models import Visit

pytestmark = pytest.mark.django_db
VITALS = BY_CODE["vital_signs"]


@pytest.fixture
def person(cast):
    return study.enrolled(cast.site)


def found_of(form, person, **more):
    return Found(KINDS[form.code], forms.row(form, person, **more))


# --- what people call it --------------------------------------------------------------------------
def test_every_form_is_a_kind_of_record_and_no_kind_hides_another():
    assert {KINDS[form.code].table for form in FORMS} == {form.table for form in FORMS}
    assert len(KIND_OF_TABLE) == len(KINDS)


@forms.each_form
def test_a_row_of_each_form_has_a_name_a_place_an_address_and_its_questions(person, form):
    found = found_of(form, person)
    for language in ("en", "zh-hans"):
        with override(language):
            label = form.label.text(language)
            assert found.label.startswith(label)
            for question in form.questions:
                assert str(found.fields[question.name]) == question.label.text(language)
                assert found.value(question.name)
    visit = found.visit
    assert (visit is not None) == (form.level == "visit")
    assert found.place.form == form.code
    where = visit.slug if visit else "1"
    assert found.url.rstrip("/").endswith(f"{person.code}/casebook/{form.code}/{where}")


def test_a_sheet_is_named_by_its_visit(person):
    found = found_of(VITALS, person, visit="W12")
    assert found.label == "Vital signs, W12"
    with override("zh-hans"):
        assert found.label == "生命体征, W12"


def test_a_line_is_named_by_its_number():
    from dataclasses import replace  # noqa: PLC0415

    lines = replace(VITALS, repeats=True)
    assert form_records.name_of(lines, "3") == "Vital signs 3"
    assert form_records.name_of(lines, "3", "W12") == "Vital signs 3, W12"


NAME = Label("x", "x")
GRADES = (Code("1", Label("mild", "轻度")), Code("2", Label("severe", "重度")))
GRADE = choice("grade", NAME, GRADES)


@pytest.mark.parametrize(
    ("question", "value", "said"),
    [
        (GRADE, "2", "severe"),
        (GRADE, "", ""),
        (GRADE, "9", "9"),  # a code that a description lost still shows in the trail
        (yes_no("x", NAME), "false", "no"),
        (yes_no("x", NAME), True, "yes"),
        (number("x", NAME, low=0, high=50, decimals=1, unit="°C"), Decimal("36.0"), "36 °C"),
        (number("x", NAME, low=0, high=50, unit="/min"), 0, "0 /min"),
        (partial_day("x", NAME), "2024-05", "2024-05"),
        (moment("x", NAME), "2025-01-06T08:15:00+00:00", "2025-01-06 16:15 (UTC+08:00)"),
        (moment("x", NAME), datetime(2025, 1, 6, 8, 15, tzinfo=UTC),
         "2025-01-06 16:15 (UTC+08:00)"),
        (moment("x", NAME), None, ""),
    ],
)  # fmt: skip
def test_answers_are_said_alike_whether_of_the_row_or_of_the_trail(question, value, said):
    assert answer_text(question, value, "Asia/Shanghai") == said


def test_codes_are_said_in_the_language_of_the_page():
    with override("zh-hans"):
        assert answer_text(GRADE, "1") == "轻度"


def test_lists_of_forms_name_them_by_their_description(person):
    for form in FORMS:
        assert str(words.form_of(form.table)) == form.label.en
        assert words.record_of(form.table, "2", "") == (
            f"{form.label.en} 2" if form.repeats else form.label.en
        )
        assert (form.table in MARKS) == form.repeats


# --- the pages ------------------------------------------------------------------------------------
@forms.each_form
def test_the_history_of_each_form_is_read_by_those_of_the_site(cast, person, sign_in, form):
    row = forms.row(form, person)
    address = reverse("reports:history", args=[form.code, row.pk])
    page = sign_in(cast.coordinator).get(address)
    assert page.status_code == 200
    assert escape(form.questions[0].label.en) in page.content.decode()
    assert sign_in(cast.coordinator2).get(address).status_code == 404


@forms.each_form
def test_a_query_is_raised_about_an_answer_of_each_form(cast, person, sign_in, form):
    row = forms.row(form, person)
    name = form.questions[0].name
    address = reverse("reports:query_raise", args=[form.code, row.pk]) + f"?field={name}"
    client = sign_in(cast.monitor)
    assert client.get(address).status_code == 200
    asked = {"field": name, "text": "Please check this.", "addressee": "coordinator"}
    assert client.post(address, asked).status_code == 302
    query = Query.objects.latest("pk")
    assert (query.form, query.table, query.field) == (form.code, form.table, name)
    page = client.get(reverse("reports:query", args=[query.pk])).content.decode()
    assert escape(form.label.en) in page
    assert escape(form.questions[0].label.en) in page


def test_the_trail_says_old_and_new_with_unit(cast, person, sign_in):
    row = forms.row(VITALS, person, systolic=180)
    forms.change(row, systolic=118)
    page = sign_in(cast.datamanager).get("/trail/").content.decode()
    assert "Systolic pressure" in page
    assert "180 mmHg" in page
    assert "118 mmHg" in page


# --- verification ---------------------------------------------------------------------------------
def items(owner):
    return {item.record.field: item for item in verifying.items_of(verifying.at(owner))
            if item.form == VITALS.code}  # fmt: skip


def test_each_answer_of_a_sheet_is_an_item_also_what_was_not_said(person):
    forms.blank(VITALS, person, systolic=118)
    found = items(verifying.visit(person, "D0"))
    assert set(found) == {question.name for question in VITALS.questions}


def test_of_what_was_not_done_only_that_is_compared(person):
    forms.blank(VITALS, person, not_done="device broken")
    assert set(items(verifying.visit(person, "D0"))) == {"not_done"}


def test_of_a_line_entered_by_mistake_only_that_is_compared(person):
    forms.row(VITALS, person, struck=True)
    assert set(items(verifying.visit(person, "D0"))) == {"struck"}


@forms.each_form
def test_the_page_of_verification_shows_each_form(cast, person, sign_in, form):
    forms.row(form, person)
    address = (
        reverse("reports:verify_visit", args=[person.code, "D0"])
        if form.level == "visit"
        else reverse("reports:verify_participant", args=[person.code])
    )
    page = sign_in(cast.monitor).get(address)
    assert page.status_code == 200
    assert escape(form.label.en) in page.content.decode()
    assert escape(form.questions[0].label.en) in page.content.decode()


@forms.each_form
def test_rows_read_together_are_those_that_are_stored(person, form):
    stored = forms.row(form, person)
    stored.refresh_from_db()
    row = form_rows({form.table: [stored.pk], "visits_visit": [1]})[form.table, stored.pk]
    for field in type(stored)._meta.concrete_fields:
        assert getattr(row, field.attname) == getattr(stored, field.attname)
    assert KINDS[form.code].name(row) == KINDS[form.code].name(stored)


def test_all_forms_together_take_three_statements(person, django_assert_num_queries):
    wanted = {row.form.table: [row.pk] for row in forms.every(person).values()}
    with django_assert_num_queries(3):
        assert len(form_rows(wanted)) == len(FORMS)
    assert form_rows({"visits_visit": [1]}) == {}


@pytest.mark.parametrize("label", ["", "D0"])
def test_the_page_of_verification_takes_no_more_statements_for_more_forms(
    cast, person, sign_in, label
):
    name = "reports:verify_visit" if label else "reports:verify_participant"
    address = reverse(name, args=[person.code, *([label] if label else [])])
    client = sign_in(cast.monitor)
    few = statements(client, address)
    forms.every(person)
    many = statements(client, address)
    assert many - few <= 3
    assert many <= LIMIT


def test_the_plan_may_ask_for_every_form(cast, sign_in):
    page = sign_in(cast.datamanager).get(reverse("reports:verification_plan")).content.decode()
    for form in FORMS:
        assert f'value="{form.code}"' in page


@forms.each_form
def test_a_lock_of_a_form_is_said_by_its_name_and_holds_its_rows(person, form):
    visit = study.visit_of(person, "D0") if form.level == "visit" else None
    row = forms.row(form, person)
    placed = holding.freeze(Scope.FORM, person, visit, form.code)
    where = f"{form.label.en}, D0" if visit else form.label.en
    assert held_text(placed) == f"{where} of {person.code}"
    with override("zh-hans"):
        assert form.label.zh in held_text(placed)
    with pytest.raises(DatabaseError, match="held"), transaction(by=study.SETUP):
        type(row).objects.filter(pk=row.pk).update(not_done="later")


# --- where to look first, and what differs --------------------------------------------------------
def test_a_sheet_that_is_entered_long_after_its_visit_is_looked_at(person):
    visit = study.visit_of(person, "D0")
    with transaction(by=study.SETUP):
        Visit.objects.filter(pk=visit.pk).update(status="held", held_on=study.DAY0)
    row = forms.row(VITALS, person)
    found = RISKS["late_entry"].among(Event.objects.all(), None, None)
    assert (VITALS.table, str(row.pk)) in found.values_list("table_name", "record_id")


def test_an_amended_answer_is_no_change_of_endpoint_data(person):
    row = forms.row(VITALS, person)
    forms.change(row, measured_on=study.DAY0.replace(day=7))
    assert (
        not RISKS["endpoint"].among(Event.objects.all(), None, None).filter(table_name=VITALS.table)
    )


@pytest.mark.django_db(transaction=True)
def test_two_moments_differ_by_the_answers(cast):
    person = study.enrolled(cast.site)
    row = forms.row(VITALS, person, systolic=180)
    before = watermark()
    forms.change(row, systolic=118, remark="said by Mrs Wang")
    rows, _count = differences(Asked(before, watermark(), text=False))
    assert [(one.table_name, one.field, one.old, one.new) for one in rows] == [
        (VITALS.table, "systolic", "180", "118")
    ]
    assert "remark" in compared(True)[VITALS.table]
    assert "remark" not in compared(False)[VITALS.table]
