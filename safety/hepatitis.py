"""Whether a visit's checklist tells of symptoms of hepatitis (clinical rules §6.3). Pure."""

from collections.abc import Mapping
from typing import Any

from trial.protocol.casebook.symptoms import ratings
from trial.protocol.truth import Truth, any_true

# Those that come with acute injury of the liver [study default]. Fatigue is left out: most
# participants have it from the disease; and effects of steroids are.
SYMPTOMS = ("jaundice", "abdominal_pain", "nausea", "anorexia", "dark_urine", "fever")


def symptomatic(answers: Mapping[str, Any]) -> Truth:
    """Whether any of them is there; None where none is and one was not answered."""
    found = ratings(answers)
    return any_true(*(_there(found.get(name)) for name in SYMPTOMS))


def _there(rating: int | None) -> Truth:
    return None if rating is None else rating > 0
