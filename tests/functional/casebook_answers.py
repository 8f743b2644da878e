"""What is answered in the course that test_casebook_journey.py enters, as it is typed."""

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from patients.models import Participant
from trial.protocol import registry
from trial.protocol.casebook.forms import BY_CODE


def forms_of(code: str, on: date) -> dict[str, dict[str, Any]]:
    """Answers to every form of a visit, as they are typed."""
    taken = at(on, 11, 20)
    found: dict[str, dict[str, Any]] = {
        "vital_signs": {
            "measured_on": on, "systolic": 118, "diastolic": 74, "heart_rate": 70,
            "temperature": "36.5", "weight_kg": "62.0",
        },
        "symptoms": {"assessed_on": on, **unharmed()},
        "adherence": {
            "counted_on": on, "diary_seen": True, "steroid": True, "steroid_given": 120,
            "steroid_returned": 8, "steroid_due": 112, "azathioprine": False, "missed": False,
        },
        "biopsy": {
            "taken_at": taken, "route": "percutaneous", "gauge": 16, "core_mm": 22,
            "portal_tracts": 12, "fragments": 2, "adequate": True, "stain_he": True,
            "complications": False, "specimen": f"B-{on.toordinal()}", "sent": True,
            "sent_on": on, "slides": 4,
        },
        "blinding_guess": {
            "asked_on": on, "participant_guess": "uc_msc", "participant_certainty": "3",
            "participant_reason": "effect", "investigator_guess": "unknown",
        },
    }  # fmt: skip
    if code == "SCR":
        found["vital_signs"]["height_cm"] = 165
    return {form.code: found[form.code] for form in registry.latest().forms_at(code)}


def unharmed() -> dict[str, Any]:
    """The checklist of somebody who is a little tired."""
    found: dict[str, Any] = {}
    for question in BY_CODE["symptoms"].questions:
        if question.kind == "number":
            found[question.name] = 1
        elif question.kind == "choice":
            found[question.name] = question.codes[0].code
        elif question.kind == "yes_no":
            found[question.name] = False
    return found


def typed(code: str, answers: Mapping[str, Any], person: Participant) -> dict[str, Any]:
    """The same answers as the service takes them."""
    found = dict(answers)
    for question in BY_CODE[code].questions:
        value = found.get(question.name)
        if question.kind == "number" and value is not None:
            found[question.name] = Decimal(value)
        if question.kind == "moment" and value is not None:
            found[question.name] = value.replace(tzinfo=person.site.zone)
    return found


def at(day: date, hour: int, minute: int) -> datetime:
    """A time of the site's clock, as it is typed."""
    return datetime.combine(day, time(hour, minute))


def judged(cause: str, **of: str) -> dict[str, str]:
    """Causality of every cause; "unlikely" where nothing else is said."""
    causes = ("product", "steroid", "azathioprine", "infusion", "biopsy")
    return {f"{cause}_{one}": of.get(one, "unlikely") for one in causes}


UNCHANGED = dict.fromkeys(("action_product", "action_steroid", "action_azathioprine"),
                          "not_changed") | {"discontinuation": False}  # fmt: skip
