"""What is said about records: holds and queries."""

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

__all__ = [
    "Addressee", "Hold", "Kind", "Origin", "Outcome", "Query", "QueryMessage", "Scope", "Status",
    "Step",
]  # fmt: skip
