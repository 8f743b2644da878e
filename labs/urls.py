"""The labs pages: entry of a visit's panel, its parts, the history of a value."""

from django.urls import path

from labs.views import imports, ranges
from labs.views.check import check
from labs.views.entry import entry
from labs.views.status import status

app_name = "labs"

urlpatterns = [
    path("visits/<int:visit_id>/labs/", entry, name="entry"),
    path("visits/<int:visit_id>/labs/check", check, name="check"),
    path("visits/<int:visit_id>/labs/status", status, name="status"),
    path("labs/imports/", imports.overview, name="imports"),
    path("labs/imports/<int:batch_id>/", imports.detail, name="import"),
    path("labs/imports/<int:batch_id>/progress", imports.progress, name="import-progress"),
    path("labs/imports/<int:batch_id>/confirm", imports.confirm, name="import-confirm"),
    path("labs/imports/<int:batch_id>/discard", imports.discard, name="import-discard"),
    path("labs/imports/<int:batch_id>/findings.csv", imports.findings, name="import-findings"),
    path("labs/ranges/", ranges.listing, name="ranges"),
    path("labs/ranges/<int:laboratory_id>/add/", ranges.add, name="range_add"),
    path("labs/ranges/<int:range_id>/correct/", ranges.correct, name="range_correct"),
]
