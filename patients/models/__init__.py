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
    "Answer",
    "Consent",
    "CriterionAnswer",
    "DiseaseStatus",
    "Participant",
    "ParticipantQuerySet",
    "Sex",
    "Status",
]
