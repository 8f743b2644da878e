"""The app's models stand in two places: what everybody may know, and what is sealed."""

from importlib import import_module

from django.apps import AppConfig


class RandomizationConfig(AppConfig):
    name = "randomization"

    def ready(self) -> None:
        """The sealed tables are models of this app too; only their login can read them."""
        import_module("randomization.sealed.models")
