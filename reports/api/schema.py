"""What the OpenAPI description says beyond what can be read off the views."""

from collections.abc import Callable
from typing import Any, TypeVar

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_serializer,
    extend_schema_view,
    inline_serializer,
)
from rest_framework import serializers
from rest_framework.viewsets import GenericViewSet

from reports.dataset import Dataset
from reports.serializers import serializer_for

View = TypeVar("View", bound=type[GenericViewSet])


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How a client names its token."""

    target_class = "trial.access.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": 'The word "Token", a space, and the key.',
        }


def described(dataset: Dataset) -> Callable[[View], View]:
    """Describe the two operations of a dataset's view set."""
    row = serializer_for(dataset)
    # A list's answer is one page, not an array of pages.
    page = extend_schema_serializer(many=False)(_page(row))

    return extend_schema_view(
        list=extend_schema(
            summary=dataset.text,
            tags=[dataset.name],
            parameters=_parameters(dataset),
            responses={
                (200, "application/json"): page,
                (200, "text/csv"): OpenApiTypes.STR,
                (200, "application/x-ndjson"): OpenApiTypes.STR,
                (200, "application/vnd.apache.parquet"): OpenApiTypes.BINARY,
                **errors(400, 401, 403),
            },
        ),
        retrieve=extend_schema(
            summary=f"One row of {dataset.name}.",
            tags=[dataset.name],
            responses={200: row, **errors(400, 401, 403, 404)},
        ),
    )


def _page(row: type[serializers.Serializer[Any]]) -> type[serializers.Serializer[Any]]:
    """The serializer of a page of these rows."""
    fields = {
        "next": serializers.URLField(
            allow_null=True, help_text="Address of the next page; null on the last one."
        ),
        "results": row(many=True),
    }
    return type(f"{row.__name__}Page", (serializers.Serializer,), fields)


def errors(*statuses: int) -> dict[int, OpenApiResponse]:
    """The error responses of an operation."""
    return {status: OpenApiResponse(_BODIES[status], _WORDS[status]) for status in statuses}


_DETAIL = inline_serializer("Problem", {"detail": serializers.CharField()})
_FIELDS = inline_serializer(
    "FieldErrors",
    {"errors": serializers.DictField(child=serializers.ListField(child=serializers.CharField()))},
)
_BODIES = {400: _FIELDS, 401: _DETAIL, 403: _DETAIL, 404: _DETAIL}
_WORDS = {
    400: "A parameter is unknown or its value is not valid: messages by parameter.",
    401: "Nobody is signed in, or the token is not valid.",
    403: "Your role does not include this.",
    404: "There is no such row, or it is another site's.",
}


def _parameters(dataset: Dataset) -> list[OpenApiParameter]:
    orders = [sign + name for name in dataset.orders for sign in ("", "-")]
    return [
        OpenApiParameter("ordering", enum=orders, default="id", description="Order of the rows."),
        OpenApiParameter("page_size", int, default=100, description="Rows of a page, 1 to 1000."),
        OpenApiParameter("cursor", description="Where to go on: take `next` as it is."),
        OpenApiParameter(
            "format",
            enum=["json", "csv", "ndjson", "parquet"],
            default="json",
            description="csv, ndjson and parquet give all rows at once, from one snapshot; they "
            "need the right to export data.",
        ),
        OpenApiParameter(
            "as_of",
            OpenApiTypes.DATETIME,
            description="The rows as they were at this time (ISO 8601 with offset): what the "
            "newest seal of the trail at or before it covers. X-Snapshot-At says which time that "
            "is, X-Seal which seal. Needs the right to export data.",
        ),
        OpenApiParameter(
            "snapshot",
            int,
            description="The rows as they were in the snapshot with this number. A whole file is "
            "the one kept then, byte for byte. Needs the right to export data.",
        ),
        OpenApiParameter(
            "excel",
            enum=["0", "1"],
            default="0",
            description="1: a CSV that is safe to open in a spreadsheet (byte order mark, cells "
            "that look like formulas get an apostrophe).",
        ),
    ]
