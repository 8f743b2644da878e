"""Addresses of the data manager's desk of the central reading."""

from django.urls import path

from visits.views import histology

app_name = "histology"

_ONE = "<str:code>/<str:label>"

urlpatterns = [
    path("", histology.desk, name="desk"),
    path("assign/", histology.assign, name="assign"),
    path("third/", histology.third, name="third"),
    path(f"{_ONE}/", histology.biopsy, name="biopsy"),
    path(f"{_ONE}/images/", histology.add_image, name="add_image"),
    path(f"{_ONE}/images/<int:number>/", histology.image, name="image"),
    path(f"{_ONE}/images/<int:number>/strike/", histology.strike, name="strike"),
    path(f"{_ONE}/readers/<int:place>/", histology.replace, name="replace"),
]
