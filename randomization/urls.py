"""Randomising a participant, and how far randomisation has come: pages without any arm."""

from django.urls import path

from randomization.views import randomise
from randomization.views.overview import overview

app_name = "randomization"

_ONE = "participants/<str:code>"

urlpatterns = [
    path("randomisation/", overview, name="overview"),
    path(f"{_ONE}/randomise/", randomise.sign, name="randomise"),
    path(f"{_ONE}/allocation/", randomise.allocation, name="allocation"),
]
