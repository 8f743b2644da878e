"""What is said about records: holds, queries, verifications."""

from trial.quality.models.hold import Hold, Kind, Scope
from trial.quality.models.query import (
    Addressee,
    Origin,
    Outcome,
    Query,
    QueryMessage,
    Status,
    Step,
)
from trial.quality.models.verification import Mode, Verification, VerificationPlan

__all__ = [
    "Addressee", "Hold", "Kind", "Mode", "Origin", "Outcome", "Query", "QueryMessage", "Scope",
    "Status", "Step", "Verification", "VerificationPlan",
]  # fmt: skip
