"""Addresses of the central reading: those of readers, who know a specimen by its code alone."""

from django.urls import path, register_converter

from visits.views import reading


class SpecimenCode:
    """Eight letters: a specimen in an address."""

    regex = "[B-DF-HJ-NP-TV-XZ]{8}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(SpecimenCode, "specimen")

app_name = "reading"

_ONE = "<specimen:specimen>"

urlpatterns = [
    path("", reading.work, name="work"),
    path("total/", reading.total, name="total"),
    path(f"{_ONE}/", reading.specimen, name="specimen"),
    path(f"{_ONE}/images/<int:number>/", reading.image, name="image"),
]
