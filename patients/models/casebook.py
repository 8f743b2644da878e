"""The forms about the person as tables: history, medication, how taking part ended."""

from django.db import models

from patients.models.participant import Participant
from trial.crf.models import FormRow


class ParticipantRow(FormRow):
    """A sheet or line about a participant."""

    participant = models.ForeignKey(Participant, models.PROTECT, related_name="+")

    class Meta(FormRow.Meta):
        abstract = True
