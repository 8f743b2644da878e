"""Every stored field is classified, and the exports read nothing that may not leave (R-52)."""

import pytest
from django.apps import apps

from reports.classification import FIELDS, Kind
from reports.datasets import DATASETS
from reports.trail_dataset import TRAIL

OURS = ("trial", "patients", "visits", "labs", "randomization", "safety", "reports")
VIEWS = {dataset.view for dataset in DATASETS.values()}
# When a row last changed is read off the trail; nothing else of it leaves.
OF_THE_TRAIL = {"at", "table_name", "record_id"}
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
    for table, column in used:
        kind = columns[table, column]
        assert kind in (Kind.EXPORTABLE, Kind.TECHNICAL), (table, column)
        assert table != "audit_event" or column in OF_THE_TRAIL, column


def test_every_exported_column_is_of_a_view_or_made_from_one():
    for dataset in DATASETS.values():
        fields = {field.name for field in dataset.rows.model._meta.concrete_fields}
        made = {column.name for column in dataset.columns if column.expression or column.derive}
        assert set(dataset.names) <= fields | made | {"status"}
