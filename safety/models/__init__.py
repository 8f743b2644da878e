from safety.models.casebook import (
    AdverseEvent,
    Death,
    PregnancyReport,
    SeriousEvent,
    SponsorAssessment,
)
from safety.models.cases import (
    CaseNews,
    EventOfReaction,
    SafetyCase,
    SafetyCaseQuerySet,
    Seriousness,
)
from safety.models.liver import LiverLook, LiverSignal, LiverSignalStep
from safety.models.reports import PARTY_NAMES, REPORT_NAMES, Receipt, ReportVersion, Submission

__all__ = [
    "PARTY_NAMES",
    "REPORT_NAMES",
    "AdverseEvent",
    "CaseNews",
    "Death",
    "EventOfReaction",
    "LiverLook",
    "LiverSignal",
    "LiverSignalStep",
    "PregnancyReport",
    "Receipt",
    "ReportVersion",
    "SafetyCase",
    "SafetyCaseQuerySet",
    "SeriousEvent",
    "Seriousness",
    "SponsorAssessment",
    "Submission",
]
