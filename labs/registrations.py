"""What the labs add to forms of the apps below: the scores of the diagnosis need their results,
and their rules read the treatment."""

from labs.diagnosis_panel import diagnosis_panel
from labs.services.hints import after_form
from trial.crf import consequences, panels


def say() -> None:
    """Tell the forms' engine; once, when the app is loaded."""
    panels.register("diagnosis", diagnosis_panel)
    for form in ("aih_therapy", "disposition"):
        consequences.register(form, after_form)
