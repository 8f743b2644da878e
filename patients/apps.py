"""What the app joins when it is loaded."""

from importlib import import_module

from django.apps import AppConfig

from trial import sweeping


class PatientsConfig(AppConfig):
    name = "patients"

    def ready(self) -> None:
        """Edit checks are tried again in each round of the sweeper."""
        sweeping.register("checks", import_module("patients.rechecking").recheck_waiting)
