"""What follows from the forms about the person, and what is worked out beside them."""

from django.apps import AppConfig


class PatientsConfig(AppConfig):
    name = "patients"

    def ready(self) -> None:
        """A change of therapy changes the course; an end of taking part changes the status."""
        from patients import consequences
        from patients.therapy_panel import therapy_panel
        from trial.crf import panels
        from trial.crf.consequences import register

        register("aih_therapy", consequences.note_course)
        register("disposition", consequences.note_course)
        register("disposition", consequences.end_or_reopen)
        register("diagnosis", consequences.ask_about_eligibility)
        register("pregnancy_test", consequences.ask_about_eligibility)
        register("medical_history", consequences.ask_about_eligibility)
        panels.register("aih_therapy", therapy_panel)
