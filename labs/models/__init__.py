from labs.models.evaluation import EvaluationRun, MeldScore, ResponseAssessment, Series
from labs.models.importing import (
    ImportBatch,
    ImportChunk,
    ImportFinding,
    ImportPerson,
    ImportPlan,
    ImportProgress,
    ImportSample,
    ImportStatus,
)
from labs.models.laboratory import Laboratory, LaboratoryUnit, ReferenceRange
from labs.models.panel import NotDone, Panel, Result, SampleState, Source

__all__ = [
    "EvaluationRun",
    "ImportBatch",
    "ImportChunk",
    "ImportFinding",
    "ImportPerson",
    "ImportPlan",
    "ImportProgress",
    "ImportSample",
    "ImportStatus",
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
