"""The app says what it adds to forms as soon as it is loaded."""

from importlib import import_module

from django.apps import AppConfig


class VisitsConfig(AppConfig):
    name = "visits"

    def ready(self) -> None:
        """Needs the models, so it can't be said any sooner."""
        import_module("visits.registrations").say()
        consequences = import_module("trial.crf.consequences")
        panels = import_module("trial.crf.panels")
        final = import_module("visits.services.final_histology")
        biopsy = import_module("visits.biopsy_panel")
        consequences.register("biopsy", final.follow)
        panels.register("biopsy", biopsy.panel)
