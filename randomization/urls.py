"""Randomising a participant, and how far randomisation has come: pages without any arm."""

from django.urls import path

from randomization.views import inadvertent, randomise, study_unblinding, unblindings
from randomization.views.overview import overview
from randomization.views.reserve import reserve

app_name = "randomization"

_ONE = "participants/<str:code>"

urlpatterns = [
    path("randomisation/", overview, name="overview"),
    path(f"{_ONE}/randomise/", randomise.sign, name="randomise"),
    path(f"{_ONE}/allocation/", randomise.allocation, name="allocation"),
    path(f"{_ONE}/unblinded/", inadvertent.record, name="inadvertent"),
    path("unblindings/", unblindings.listing, name="unblindings"),
    path("unblindings/study/", study_unblinding.study, name="study_unblinding"),
    path(
        "unblindings/study/<int:pk>/approve/", study_unblinding.approve, name="study_unblinding_ok"
    ),
    path("unblindings/<int:pk>/", unblindings.one, name="unblinding"),
    path("unblindings/<int:pk>/learned/", unblindings.learned, name="unblinding_learned"),
    path(f"{_ONE}/visits/<str:label>/reserve/", reserve, name="reserve"),
]
