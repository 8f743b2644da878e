"""What the app's rules say about forms that all apps share."""

from importlib import import_module

from django.apps import AppConfig


class VisitsConfig(AppConfig):
    name = "visits"

    def ready(self) -> None:
        """What stands beside a biopsy's questions, and what follows from a save of them."""
        consequences = import_module("trial.crf.consequences")
        panels = import_module("trial.crf.panels")
        final = import_module("visits.services.final_histology")
        biopsy = import_module("visits.biopsy_panel")
        consequences.register("biopsy", final.follow)
        panels.register("biopsy", biopsy.panel)
