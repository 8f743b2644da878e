"""What is said about records: holds, verifications."""

from trial.quality.models.hold import Hold, Kind, Scope
from trial.quality.models.verification import Mode, Verification, VerificationPlan

__all__ = ["Hold", "Kind", "Mode", "Scope", "Verification", "VerificationPlan"]
