from safety.models.casebook import (
    AdverseEvent,
    Death,
    PregnancyReport,
    SeriousEvent,
    SponsorAssessment,
)

__all__ = ["AdverseEvent", "Death", "PregnancyReport", "SeriousEvent", "SponsorAssessment"]
