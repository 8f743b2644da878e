"""The app says what follows from its forms, and what it joins, as soon as it is loaded."""

from importlib import import_module

from django.apps import AppConfig

from trial import sweeping


class PatientsConfig(AppConfig):
    name = "patients"

    def ready(self) -> None:
        """Needs the models, so it can't be said any sooner."""
        import_module("patients.registrations").say()
        sweeping.register("checks", import_module("patients.rechecking").recheck_waiting)
