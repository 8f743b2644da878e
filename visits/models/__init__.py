from visits.models.casebook import (
    Adherence,
    Biopsy,
    BlindingGuess,
    Deviation,
    Symptoms,
    VisitRow,
    VitalSigns,
)
from visits.models.course import (
    InfusionPremedication,
    InfusionRateChange,
    InfusionReaction,
    InfusionSonography,
    InfusionVitals,
)
from visits.models.finding import Dismissal
from visits.models.infusion import Infusion
from visits.models.product import Bag, BagMovement, Excursion, Shipment, TemperatureLog
from visits.models.reading import (
    FinalHistology,
    HistologyReading,
    ReadingAssignment,
    ReadingBatch,
    SlideImage,
    SlidePixels,
)
from visits.models.visit import Status, Visit, VisitQuerySet

__all__ = [
    "Adherence",
    "Bag",
    "BagMovement",
    "Biopsy",
    "BlindingGuess",
    "Deviation",
    "Dismissal",
    "Excursion",
    "FinalHistology",
    "HistologyReading",
    "Infusion",
    "InfusionPremedication",
    "InfusionRateChange",
    "InfusionReaction",
    "InfusionSonography",
    "InfusionVitals",
    "ReadingAssignment",
    "ReadingBatch",
    "Shipment",
    "SlideImage",
    "SlidePixels",
    "Status",
    "Symptoms",
    "TemperatureLog",
    "Visit",
    "VisitQuerySet",
    "VisitRow",
    "VitalSigns",
]
