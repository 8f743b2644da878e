"""Randomising a participant, and how far randomisation has come: pages without any arm."""

from django.urls import path

from randomization.views import randomise

app_name = "randomization"

_ONE = "participants/<str:code>"

urlpatterns = [
    path(f"{_ONE}/randomise/", randomise.sign, name="randomise"),
    path(f"{_ONE}/allocation/", randomise.allocation, name="allocation"),
]
