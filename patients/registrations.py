"""What follows from the forms about the person, and what is worked out beside them."""

from patients import consequences
from patients.therapy_panel import therapy_panel
from trial.crf import panels
from trial.crf.consequences import register


def say() -> None:
    """Tell the forms' engine; once, when the app is loaded."""
    register("aih_therapy", consequences.note_course)
    register("disposition", consequences.note_course)
    register("disposition", consequences.end_or_reopen)
    for form in ("diagnosis", "pregnancy_test", "medical_history"):
        register(form, consequences.ask_about_eligibility)
    panels.register("aih_therapy", therapy_panel)
