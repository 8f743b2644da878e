"""What follows from safety forms, what is shown beside them, what the sweeper looks at."""

from importlib import import_module

from django.apps import AppConfig

from trial import sweeping
from trial.crf import consequences, panels


class SafetyConfig(AppConfig):
    name = "safety"

    def ready(self) -> None:
        """Join the forms and the sweeper; the models are loaded by now."""
        following = import_module("safety.services.following")
        for form, follow in following.FOLLOWING.items():
            consequences.register(form, follow)
        beside = import_module("safety.panels")
        panels.register("adverse_event", beside.adverse_event)
        panels.register("pregnancy_report", beside.pregnancy)
        panels.register("aih_therapy", beside.aih_therapy)
        sweeping.register("safety clocks", import_module("safety.services.escalation").raise_due)
        import_module("safety.liver_joins").join()
