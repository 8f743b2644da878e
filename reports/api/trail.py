"""/api/v1/trail/: the whole trail, in pages or as a file."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from reports import filters, past
from reports.api.schema import described
from reports.api.views import DatasetViewSet, stamped
from reports.dataset import Dataset
from reports.trail_dataset import TRAIL, trail_for


@described(TRAIL)
class Trail(DatasetViewSet):
    """Every event that the user may read; without free text for those who may not read it."""

    dataset = TRAIL
    filterset_class = filters.TrailFilters

    def dataset_for(self, request: Request) -> Dataset:
        return trail_for(request.user)

    def rows(self, request: Request, moment: past.Moment | None, *more: Any) -> QuerySet[Any]:
        rows = super().rows(request, None, *more)
        return rows.seen_at(moment.seen) if moment else rows  # type: ignore[attr-defined]

    def page_then(self, request: Request, moment: past.Moment) -> Response:
        """An old state of the trail is its beginning: nothing needs laying out."""
        return stamped(self.page(request, moment), moment)
