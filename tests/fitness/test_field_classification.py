"""Every stored field is classified, and the exports read nothing that may not leave (R-52)."""

import pytest
from django.apps import apps

from reports.classification import FIELDS, Kind
from reports.datasets import DATASETS
from reports.trail_dataset import TRAIL
from trial.protocol.casebook import forms as casebook

OURS = ("trial", "patients", "visits", "labs", "randomization", "safety", "reports")
# Datasets that read a view, and those that read the table of a described form.
VIEWS = {d.view for d in DATASETS.values() if not d.rows.model._meta.managed}
FORMS = {name: d for name, d in DATASETS.items() if d.rows.model._meta.managed}
# When a row last changed is read off the trail; nothing else of it leaves.
OF_THE_TRAIL = {"at", "table_name", "record_id"}
# A sheet that was not filled in is left out; why it was not stays here.
ONLY_WHETHER = {("visits_biopsy", "not_done")}
# Whether something was changed after a signature is read off it too, without saying what.
OF_THE_TRAIL |= {"participant_id", "visit_id", "kind", "fields", "generation", "xid"}


def stored():
    """Our models that hold data: the export views only show what these hold."""
    return [
        model
        for model in apps.get_models()
        if model.__module__.partition(".")[0] in OURS
        and model._meta.db_table not in {*VIEWS, TRAIL.view}
    ]


@pytest.mark.parametrize("model", stored(), ids=lambda model: model._meta.label)
def test_every_field_is_classified(model):
    fields = {field.name for field in model._meta.concrete_fields}
    assert set(FIELDS.get(model._meta.label, {})) == fields


def test_nothing_is_classified_that_does_not_exist():
    assert set(FIELDS) <= {model._meta.label for model in stored()}


def test_no_field_is_classified_twice():
    from reports.classification import _WORDS  # noqa: PLC0415

    for model, kinds in _WORDS.items():
        names = [name for names in kinds.values() for name in names.split()]
        assert len(names) == len(set(names)), model


@pytest.mark.req("R-52")
@pytest.mark.parametrize("view", sorted(VIEWS))
def test_an_export_view_reads_only_what_may_leave(owner_connection, view):
    """PostgreSQL knows which columns a view reads; the owner may ask."""
    with owner_connection.cursor() as cursor:
        cursor.execute(
            "select table_name, column_name from information_schema.view_column_usage"
            " where view_name = %s",
            [view],
        )
        used = set(cursor.fetchall())
    columns = {
        (model._meta.db_table, field.column): FIELDS[model._meta.label][field.name]
        for model in stored()
        for field in model._meta.concrete_fields
    }
    assert used
    for table, column in used - ONLY_WHETHER:
        kind = columns[table, column]
        assert kind in (Kind.EXPORTABLE, Kind.TECHNICAL), (table, column)
        assert table != "audit_event" or column in OF_THE_TRAIL, column


@pytest.mark.req("R-52")
@pytest.mark.parametrize("name", FORMS)
def test_a_dataset_of_a_form_reads_only_what_may_leave(owner_connection, name):
    """The very query, as a view of a moment: PostgreSQL knows which columns it reads."""
    rows = FORMS[name].everything().values(*FORMS[name].stored)
    with owner_connection.cursor() as cursor:
        query = cursor.mogrify(*rows.query.sql_with_params()).decode()
        cursor.execute(f"create temp view what_is_read as {query}")
        cursor.execute(
            "select c.relname, a.attname from pg_rewrite w"
            " join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid"
            " join pg_class c on d.refclassid = 'pg_class'::regclass and c.oid = d.refobjid"
            " join pg_attribute a on a.attrelid = c.oid and a.attnum = d.refobjsubid"
            " where w.ev_class = 'pg_temp.what_is_read'::regclass and d.refobjsubid > 0"
        )
        used = set(cursor.fetchall())
        cursor.execute("drop view pg_temp.what_is_read")
    columns = {
        (model._meta.db_table, field.column): FIELDS[model._meta.label][field.name]
        for model in stored()
        for field in model._meta.concrete_fields
    }
    assert len(used) > 3
    named = {one for one in used if columns[one] not in (Kind.EXPORTABLE, Kind.TECHNICAL)}
    # Only whether there is a reason: the column is a yes or no (see below).
    assert named == {(FORMS[name].view, "not_done")}
    assert next(c for c in FORMS[name].columns if c.name == "not_done").kind == "boolean"


def test_there_is_a_dataset_of_every_form_with_all_that_may_leave():
    for form in casebook.FORMS:
        dataset = FORMS[form.code.replace("_", "-")]
        free = {question.name for question in form.questions if question.names_people}
        asked = {question.name for question in form.questions} - free
        assert asked <= set(dataset.names)
        assert not free & set(dataset.names)


def test_every_exported_column_is_of_a_view_or_made_from_one():
    for dataset in DATASETS.values():
        fields = {field.name for field in dataset.rows.model._meta.concrete_fields}
        made = {column.name for column in dataset.columns if column.expression or column.derive}
        assert set(dataset.names) <= fields | made | {"status"}
