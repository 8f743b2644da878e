"""The labs pages: entry of a visit's panel, its parts, the history of a value."""

from django.urls import path

from labs.views import ranges
from labs.views.check import check
from labs.views.entry import entry
from labs.views.history import history
from labs.views.status import status

app_name = "labs"

urlpatterns = [
    path("visits/<int:visit_id>/labs/", entry, name="entry"),
    path("visits/<int:visit_id>/labs/check", check, name="check"),
    path("visits/<int:visit_id>/labs/status", status, name="status"),
    path("labs/results/<int:result_id>/history", history, name="history"),
    path("labs/ranges/", ranges.listing, name="ranges"),
    path("labs/ranges/<int:laboratory_id>/add/", ranges.add, name="range_add"),
    path("labs/ranges/<int:range_id>/correct/", ranges.correct, name="range_correct"),
]
