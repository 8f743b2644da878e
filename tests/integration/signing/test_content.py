"""A signature covers what the trail calls a change, all of it and nothing else."""

import re

import pytest
from django.apps import apps
from django.db import connection

from reports.casebook_content import of_casebook, of_visit
from tests.factories import custody, forms, study
from tests.integration.signing.signing import complete, visit
from trial.protocol.casebook.forms import FORMS
from trial.quality.casebook import FORM_OF_TABLE
from trial.signing.canonical import Row
from trial.signing.content import COLUMNS, SCHEMA, read
from trial.signing.models import COVERED

MODELS = {model._meta.db_table: model for model in apps.get_models()}


def covered(table: str) -> set[str]:
    return {column.partition(":")[0] for column in COLUMNS[SCHEMA][table].split()}


def bookkeeping(table: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("select prosrc from pg_proc where proname = %s", [f"history_of_{table}"])
        (body,) = cursor.fetchone()
    found = re.search(r"bookkeeping constant text\[\] := '\{(.*?)\}'", body)
    return set(found[1].split(","))


def test_every_table_of_a_form_is_covered():
    signed = set(FORM_OF_TABLE) - {form.table for form in FORMS if form.writer != "site"}
    assert set(COVERED) == signed == set(COLUMNS[SCHEMA])


@pytest.mark.req("R-26")
@pytest.mark.django_db
@pytest.mark.parametrize("table", COVERED)
def test_a_column_is_covered_or_bookkeeping_of_the_trail(table):
    """A column that is neither could be changed unseen; one that is both would look tampered."""
    columns = {field.column for field in MODELS[table]._meta.concrete_fields}
    kept = bookkeeping(table)
    assert not covered(table) & kept
    assert columns - covered(table) - kept <= {"id", "created_at"}


def test_what_is_read_is_all_of_the_visit_and_nothing_else(cast):
    person, other = study.enrolled(cast.site), study.enrolled(cast.site)
    for who in (person, other):
        complete(who, "D0", cast.laboratory)
    document = read(of_visit(visit(person, "D0")))
    tables: dict[str, list[Row]] = {}
    for row in document.rows:
        tables.setdefault(row.table, []).append(row)
    assert [row.values["code"] for row in tables["visits_visit"]] == ["D0"]
    assert len(tables["labs_panel"]) == 1
    asked = {row.values["analyte"] for row in tables["labs_result"]}
    assert {"ALT", "CREAT"} < asked
    assert {row.values["panel_id"] for row in tables["labs_result"]} == {tables["labs_panel"][0].id}


def test_a_casebook_has_everything_of_the_participant(cast):
    person = study.enrolled(cast.site)
    complete(person, "D0", cast.laboratory)
    custody.whole(custody.bag_for(person, "D0", second=cast.coordinator))
    forms.every(person)
    study.enrolled(cast.site)
    document = read(of_casebook(person))
    assert {row.table for row in document.rows} == set(COVERED)
    assert [row.id for row in document.rows if row.table == "patients_participant"] == [person.pk]
    visits = {row.id for row in document.rows if row.table == "visits_visit"}
    assert visits == set(person.visits.values_list("pk", flat=True))


def test_numbers_and_times_are_exact_texts_whatever_the_session_is_set_to(cast):
    person = study.enrolled(cast.site)
    complete(person, "D0", cast.laboratory)
    before = read(of_casebook(person))
    with connection.cursor() as cursor:
        cursor.execute("set local datestyle = 'German'")
        cursor.execute("set local timezone = 'Asia/Shanghai'")
        after = read(of_casebook(person))
    assert after.mark == before.mark
    alt = next(row for row in before.rows if row.values.get("analyte") == "ALT")
    assert alt.values["value"] == "30"
    consent = next(row for row in before.rows if row.table == "patients_consent")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", str(consent.values["given_at"]))


def test_rows_and_watermark_are_read_by_one_statement(cast, django_assert_num_queries):
    person = study.enrolled(cast.site)
    subject = of_casebook(person)
    with django_assert_num_queries(1):
        read(subject)
