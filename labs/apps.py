"""What the labs add to forms of the apps below, said when the app is loaded."""

from django.apps import AppConfig


class LabsConfig(AppConfig):
    name = "labs"

    def ready(self) -> None:
        """The diagnosis scores need the laboratory's results; a change of therapy its rules."""
        from labs.diagnosis_panel import diagnosis_panel
        from labs.services.hints import after_form
        from trial.crf import consequences, panels

        panels.register("diagnosis", diagnosis_panel)
        for form in ("aih_therapy", "disposition"):
            consequences.register(form, after_form)
