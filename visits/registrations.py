"""What is worked out beside the forms of a visit."""

from trial.crf import panels
from visits.change_panels import symptoms_panel, weight_panel


def say() -> None:
    """Tell the forms' engine; once, when the app is loaded."""
    panels.register("symptoms", symptoms_panel)
    panels.register("vital_signs", weight_panel)
