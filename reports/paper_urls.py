"""The casebook on paper and the timeline. Before the addresses of the forms: `print` is none."""

from django.urls import path

from reports.views import printing, timeline

app_name = "paper"

_ONE = "participants/<str:code>"

urlpatterns = [
    path(f"{_ONE}/casebook/print/", printing.filled, name="filled"),
    path(f"{_ONE}/timeline/", timeline.timeline, name="timeline"),
    path("casebook/blank/", printing.blank, name="blank"),
]
