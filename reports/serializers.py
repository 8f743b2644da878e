"""What the API says about its rows in the OpenAPI description."""

from rest_framework import serializers

from reports.columns import Column
from reports.dataset import Dataset

FIELDS: dict[str, type[serializers.Field]] = {
    "text": serializers.CharField,
    "integer": serializers.IntegerField,
    "decimal": serializers.CharField,
    "date": serializers.DateField,
    "time": serializers.TimeField,
    "timestamp": serializers.DateTimeField,
    "boolean": serializers.BooleanField,
}
NEVER_NULL = ("id", "site", "participant", "status", "changed_at")


def _field(column: Column, *, everywhere: bool) -> serializers.Field:
    """`everywhere`: each row is of a site; events of the trail need not be."""
    never = NEVER_NULL if everywhere else ("id", "at", "kind")
    return FIELDS[column.kind](
        help_text=column.text, allow_null=column.name not in never, read_only=True
    )


def serializer_for(dataset: Dataset) -> type[serializers.Serializer]:
    """A read-only serializer that describes a dataset's rows.

    Rows are rendered by `Dataset.show`, which is the same for every format.
    """
    name = dataset.rows.model.__name__.removesuffix("Row")
    fields = {
        column.name: _field(column, everywhere=not dataset.append_only)
        for column in dataset.columns
    }
    return type(name, (serializers.Serializer,), {**fields, "__doc__": dataset.text})
