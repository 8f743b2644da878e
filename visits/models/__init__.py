from visits.models.product import Bag, BagMovement, Excursion, Shipment, TemperatureLog
from visits.models.visit import Status, Visit, VisitQuerySet

__all__ = [
    "Bag",
    "BagMovement",
    "Excursion",
    "Shipment",
    "Status",
    "TemperatureLog",
    "Visit",
    "VisitQuerySet",
]
