"""Cases with their clocks and reports."""

from django.urls import path

from safety.views import acts, case, listing

app_name = "safety"

_CASE = "cases/<int:pk>"

urlpatterns = [
    path("", listing.cases, name="cases"),
    path(f"{_CASE}/", case.case, name="case"),
    path(f"{_CASE}/submit/", acts.submit, name="submit"),
    path(f"{_CASE}/outside/", acts.outside, name="outside"),
    path(f"{_CASE}/receipts/<int:submission>/", acts.acknowledge, name="acknowledge"),
    path(f"{_CASE}/versions/<int:number>/", case.version, name="version"),
    path("reactions/<int:pk>/event/", acts.event_of_reaction, name="event_of_reaction"),
]
