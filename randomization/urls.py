"""Randomising a participant, and how far randomisation has come: pages without any arm."""

from django.urls import path

from randomization.views.overview import overview

app_name = "randomization"

urlpatterns = [
    path("randomisation/", overview, name="overview"),
]
