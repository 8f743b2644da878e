"""The app says what it adds to forms as soon as it is loaded."""

from importlib import import_module

from django.apps import AppConfig


class VisitsConfig(AppConfig):
    name = "visits"

    def ready(self) -> None:
        """Needs the models, so it can't be said any sooner."""
        import_module("visits.registrations").say()
