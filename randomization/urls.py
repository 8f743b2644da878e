"""Randomising a participant, and how far randomisation has come: pages without any arm."""

app_name = "randomization"

urlpatterns: list[object] = []
