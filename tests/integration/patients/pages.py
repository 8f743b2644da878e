"""What the tests of the participant pages share."""

from datetime import UTC, datetime

from django.urls import reverse

from patients import services
from patients.models import Answer
from tests.factories import study

ELIGIBLE = {
    "I1": "yes", "I2": "yes", "I2_number": "7", "I3": "yes", "AGE": "yes",
    **{f"E{n}": "no" for n in range(1, 7)},
}  # fmt: skip


def url(name, participant):
    return reverse(name, args=[participant.code])


def eligible(site):
    participant = study.screened(site)
    services.give_consent(
        participant=participant, form_version="1.0",
        given_at=datetime(2024, 12, 23, 2, 0, tzinfo=UTC), by=study.SETUP,
    )  # fmt: skip
    given = {k: services.CriterionEntry(Answer(v)) for k, v in ELIGIBLE.items() if "_" not in k}
    given["I2"] = services.CriterionEntry(Answer.YES, 7)
    services.answer_criteria(participant=participant, answers=given, by=study.SETUP)
    return participant
