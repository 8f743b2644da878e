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
    "Infusion",
    "InfusionPremedication",
    "InfusionRateChange",
    "InfusionReaction",
    "InfusionSonography",
    "InfusionVitals",
    "Shipment",
    "Status",
    "Symptoms",
    "TemperatureLog",
    "Visit",
    "VisitQuerySet",
    "VisitRow",
    "VitalSigns",
]
