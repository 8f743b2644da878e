"""The pages on which arms are asked for and shown, below /sealed/unblinding/ and /sealed/trail/."""

from django.urls import path

from randomization.views import blinding, emergency, everybody, sealed_trail

app_name = "unblinding"

urlpatterns = [
    path("trail/", sealed_trail.trail, name="trail"),
    path("unblinding/study/", everybody.everybody, name="everybody"),
    path("unblinding/indices/", blinding.indices, name="indices"),
    path("unblinding/<str:code>/", emergency.ask, name="ask"),
    path("unblinding/<str:code>/<int:pk>/", emergency.arm, name="arm"),
]
