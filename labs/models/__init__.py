from labs.models.evaluation import EvaluationRun, MeldScore, ResponseAssessment, Series
from labs.models.laboratory import Laboratory, LaboratoryUnit, ReferenceRange
from labs.models.panel import NotDone, Panel, Result, SampleState, Source

__all__ = [
    "EvaluationRun",
    "Laboratory",
    "LaboratoryUnit",
    "MeldScore",
    "NotDone",
    "Panel",
    "ReferenceRange",
    "ResponseAssessment",
    "Result",
    "SampleState",
    "Series",
    "Source",
]
