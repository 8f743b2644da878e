"""What the app joins when it is loaded."""

from importlib import import_module

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "reports"

    def ready(self) -> None:
        """What the facts show stands beside the recorded deviations."""
        panels = import_module("trial.crf.panels")
        panels.register("deviation", import_module("reports.presenters.deviations").panel)
