"""Randomising a participant, and how far randomisation has come: pages without any arm."""

from django.urls import path

from randomization.views.reserve import reserve

app_name = "randomization"

urlpatterns = [
    path("participants/<str:code>/visits/<str:label>/reserve/", reserve, name="reserve"),
]
