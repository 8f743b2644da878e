"""The forms about the person as tables: history, medication, how taking part ended."""

from django.db import models

from patients.models.participant import Participant
from trial.crf.models import FormRow, table_of
from trial.protocol.casebook import (
    aih_therapy,
    diagnosis,
    disposition,
    genotype,
    medical_history,
    medication,
    pregnancy_test,
)


class ParticipantRow(FormRow):
    """A sheet or line about a participant."""

    participant = models.ForeignKey(Participant, models.PROTECT, related_name="+")

    class Meta(FormRow.Meta):
        abstract = True


Diagnosis = table_of(diagnosis.FORM, ParticipantRow, __name__)
PregnancyTest = table_of(pregnancy_test.FORM, ParticipantRow, __name__)
Genotype = table_of(genotype.FORM, ParticipantRow, __name__)
MedicalHistory = table_of(medical_history.FORM, ParticipantRow, __name__)
AihTherapy = table_of(aih_therapy.FORM, ParticipantRow, __name__)
Medication = table_of(medication.FORM, ParticipantRow, __name__)
Disposition = table_of(disposition.FORM, ParticipantRow, __name__)
