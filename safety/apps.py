"""The app of side effects says what follows from saves and what the sweeper does for it."""

from importlib import import_module

from django.apps import AppConfig


class SafetyConfig(AppConfig):
    name = "safety"

    def ready(self) -> None:
        """Signals of the liver are looked for in each round, and when what they rest on changes."""
        import_module("safety.liver_joins").join()
