"""The app says what it adds to forms as soon as it is loaded."""

from importlib import import_module

from django.apps import AppConfig


class LabsConfig(AppConfig):
    name = "labs"

    def ready(self) -> None:
        """Needs the models, so it can't be said any sooner."""
        import_module("labs.registrations").say()
