"""What is noted about records: queries with their threads, verifications and their plans."""

from trial.quality.models.query import Action, Closing, Origin, Query, QueryMessage, Status
from trial.quality.models.verification import Scope, Verification, VerificationPlan

__all__ = [
    "Action",
    "Closing",
    "Origin",
    "Query",
    "QueryMessage",
    "Scope",
    "Status",
    "Verification",
    "VerificationPlan",
]
