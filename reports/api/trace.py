"""/api/v1/trace/: from any exported cell back to form, version, user, reason, signature and row."""

from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from reports.api.schema import errors
from reports.api.views import refuse_unknown
from reports.dataset import Dataset
from reports.datasets import DATASETS
from reports.selectors.trace import trace
from trial.access.exceptions import Refused
from trial.access.http import demand
from trial.access.policy import can
from trial.access.roles import Permission

PARAMETERS = ("dataset", "id", "column")
KEYS = ("participant_id", "visit_id", "bag_id")


class Trace(APIView):
    """Where one cell of an export comes from."""

    permissions = {"GET": Permission.TRAIL_VIEW}
    http_method_names = ["get"]

    @extend_schema(
        summary="Where one exported cell comes from.",
        tags=["trail"],
        parameters=[
            OpenApiParameter("dataset", enum=list(DATASETS), required=True),
            OpenApiParameter("id", required=True, description="The row's id, as exported."),
            OpenApiParameter("column", required=True, description="The column's name."),
        ],
        responses={200: OpenApiTypes.OBJECT, **errors(400, 401, 403, 404)},
    )
    def get(self, request: Request) -> Response:
        """The source row, the changes that made the value, signatures over it."""
        refuse_unknown(request, (*PARAMETERS, "format"))
        dataset, column = _asked(request)
        demand(request.user, dataset.permission)
        row = _row(dataset, request)
        answer = trace(dataset.name, column, row)
        if not can(request.user, Permission.TRAIL_TEXT):
            for one in (*answer["changes"], *answer["signatures"]):
                one["reason"] = ""
        cell = {"dataset": dataset.name, "id": row["id"], "column": column}
        return Response({**cell, "value": dataset.show(row)[column], **answer})


def _asked(request: Request) -> tuple[Dataset, str]:
    dataset = DATASETS.get(request.query_params.get("dataset", ""))
    if dataset is None:
        known = ", ".join(DATASETS)
        raise Refused({"dataset": [_("Choose one of %(known)s.") % {"known": known}]})
    column = request.query_params.get("column", "")
    if column not in dataset.names:
        known = ", ".join(dataset.names)
        raise Refused({"column": [_("Choose one of %(known)s.") % {"known": known}]})
    return dataset, column


def _row(dataset: Dataset, request: Request) -> dict[str, Any]:
    """The row with the ids of its participant, visit and bag. Another site's row is not there."""
    ids = {f.attname for f in dataset.rows.model._meta.concrete_fields} & set(KEYS)
    names = {*dataset.stored, *ids}
    rows = dataset.visible_to(request.user)
    try:
        row = rows.filter(pk=request.query_params.get("id", "")).values(*names).first()
    except ValueError:
        row = None
    if row is None:
        raise Http404
    # A participant's own row is about nobody else; a visit's about no other visit.
    own = {"participants": "participant_id", "visits": "visit_id"}.get(dataset.name)
    return {**row, own: row["id"]} if own else row
