"""The casebook of a participant: overview, the forms of a visit, each form's sheets and lines."""

from django.urls import path

from visits.views import casebook

app_name = "crf"

_ONE = "participants/<str:code>"
_SHEET = f"{_ONE}/casebook/<slug:form>/<str:where>"

urlpatterns = [
    path(f"{_ONE}/casebook/", casebook.overview, name="overview"),
    path(f"{_ONE}/visits/<str:label>/forms/", casebook.at_visit, name="visit"),
    path(f"{_ONE}/casebook/<slug:form>/", casebook.lines, name="lines"),
    path(f"{_SHEET}/", casebook.sheet, name="sheet"),
    path(f"{_SHEET}/not-done/", casebook.not_done, name="not_done"),
    path(f"{_SHEET}/strike/", casebook.strike, name="strike"),
    path(f"{_SHEET}/wrong-check/", casebook.wrong_check, name="wrong_check"),
    path(f"{_SHEET}/<slug:section>/save/", casebook.save, name="save"),
    path(f"{_SHEET}/<slug:section>/check/", casebook.check, name="check"),
]
