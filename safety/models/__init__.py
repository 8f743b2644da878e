from safety.models.casebook import (
    AdverseEvent,
    Death,
    PregnancyReport,
    SeriousEvent,
    SponsorAssessment,
)
from safety.models.liver import LiverLook, LiverSignal, LiverSignalStep

__all__ = [
    "AdverseEvent",
    "Death",
    "LiverLook",
    "LiverSignal",
    "LiverSignalStep",
    "PregnancyReport",
    "SeriousEvent",
    "SponsorAssessment",
]
