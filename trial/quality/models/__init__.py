"""What is said about records: holds."""

from trial.quality.models.hold import Hold, Kind, Scope

__all__ = ["Hold", "Kind", "Scope"]
