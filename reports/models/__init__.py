"""The export views, a row each; snapshots; reviews of the trail."""

from reports.models.histology import HistologyReadingRow
from reports.models.liver import LabToxicityRow, LiverSignalRow
from reports.models.product import (
    BagRow,
    InfusionReactionRow,
    InfusionRow,
    InfusionVitalsRow,
    RandomisationRow,
    UnblindingRow,
)
from reports.models.review import TrailReview
from reports.models.rows import (
    EvaluatedQuerySet,
    EvaluatedView,
    ExportQuerySet,
    ExportView,
    LabResultRow,
    MeldScoreRow,
    ParticipantRow,
    QueryRow,
    ResponseAssessmentRow,
    SignatureRow,
    SiteRow,
    VerificationRow,
    VisitRow,
)
from reports.models.snapshot import Snapshot, SnapshotChunk, SnapshotFile
from reports.models.trail import TrailRow
from reports.models.treatment import SteroidExposureRow

__all__ = [
    "BagRow",
    "EvaluatedQuerySet",
    "EvaluatedView",
    "ExportQuerySet",
    "ExportView",
    "HistologyReadingRow",
    "InfusionReactionRow",
    "InfusionRow",
    "InfusionVitalsRow",
    "LabResultRow",
    "LabToxicityRow",
    "LiverSignalRow",
    "MeldScoreRow",
    "ParticipantRow",
    "QueryRow",
    "RandomisationRow",
    "ResponseAssessmentRow",
    "SignatureRow",
    "SiteRow",
    "Snapshot",
    "SnapshotChunk",
    "SnapshotFile",
    "SteroidExposureRow",
    "TrailReview",
    "TrailRow",
    "UnblindingRow",
    "VerificationRow",
    "VisitRow",
]
