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


def _field(column: Column, never: tuple[str, ...]) -> serializers.Field:
    return FIELDS[column.kind](
        help_text=column.text, allow_null=column.name not in never, read_only=True
    )


def _never_null(dataset: Dataset) -> tuple[str, ...]:
    """Each row is of a site; events of the trail need not be, nor what concerns the whole study."""
    if dataset.append_only:
        return ("id", "at", "kind")
    fields = dataset.rows.model._meta.concrete_fields
    nullable = {field.name for field in fields if field.null}
    return tuple(name for name in NEVER_NULL if name not in nullable)


def serializer_for(dataset: Dataset) -> type[serializers.Serializer]:
    """A read-only serializer that describes a dataset's rows.

    Rows are rendered by `Dataset.show`, which is the same for every format.
    """
    name = dataset.rows.model.__name__.removesuffix("Row")
    never = _never_null(dataset)
    fields = {column.name: _field(column, never) for column in dataset.columns}
    return type(name, (serializers.Serializer,), {**fields, "__doc__": dataset.text})
