"""The forms of a visit as tables."""

from django.db import models

from patients.models.casebook import ParticipantRow
from trial.crf.models import table_of
from trial.protocol.casebook import (
    adherence,
    biopsy,
    blinding_guess,
    deviation,
    symptoms,
    vital_signs,
)
from visits.models.visit import Visit


class VisitRow(ParticipantRow):
    """A sheet that is filled in at a visit."""

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="+")

    class Meta(ParticipantRow.Meta):
        abstract = True


VitalSigns = table_of(vital_signs.FORM, VisitRow, __name__)
Symptoms = table_of(symptoms.FORM, VisitRow, __name__)
Adherence = table_of(adherence.FORM, VisitRow, __name__)
Biopsy = table_of(biopsy.FORM, VisitRow, __name__)
BlindingGuess = table_of(blinding_guess.FORM, VisitRow, __name__)
Deviation = table_of(deviation.FORM, ParticipantRow, __name__)
