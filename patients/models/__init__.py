from patients.models.casebook import (
    AihTherapy,
    Diagnosis,
    Disposition,
    Genotype,
    MedicalHistory,
    Medication,
    ParticipantRow,
    PregnancyTest,
)
from patients.models.participant import (
    Answer,
    Consent,
    CriterionAnswer,
    DiseaseStatus,
    Participant,
    ParticipantQuerySet,
    Sex,
    Status,
)

__all__ = [
    "AihTherapy",
    "Answer",
    "Consent",
    "CriterionAnswer",
    "Diagnosis",
    "DiseaseStatus",
    "Disposition",
    "Genotype",
    "MedicalHistory",
    "Medication",
    "Participant",
    "ParticipantQuerySet",
    "ParticipantRow",
    "PregnancyTest",
    "Sex",
    "Status",
]
