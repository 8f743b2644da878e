"""The casebook on paper and the timeline. Before the addresses of the forms: `print` is none."""

from django.urls import path

from reports.views import printing

app_name = "paper"

_ONE = "participants/<str:code>"

urlpatterns = [
    path(f"{_ONE}/casebook/print/", printing.filled, name="filled"),
    path("casebook/blank/", printing.blank, name="blank"),
]
