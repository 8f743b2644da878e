from visits.models.casebook import VisitRow, VitalSigns
from visits.models.course import (
    InfusionPremedication,
    InfusionRateChange,
    InfusionReaction,
    InfusionSonography,
    InfusionVitals,
)
from visits.models.infusion import Infusion
from visits.models.product import Bag, BagMovement, Excursion, Shipment, TemperatureLog
from visits.models.visit import Status, Visit, VisitQuerySet

__all__ = [
    "Bag",
    "BagMovement",
    "Excursion",
    "Infusion",
    "InfusionPremedication",
    "InfusionRateChange",
    "InfusionReaction",
    "InfusionSonography",
    "InfusionVitals",
    "Shipment",
    "Status",
    "TemperatureLog",
    "Visit",
    "VisitQuerySet",
    "VisitRow",
    "VitalSigns",
]
