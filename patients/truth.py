"""The name `patients.partial_dates` takes from here; the logic is in `trial.protocol.truth`."""

from trial.protocol.truth import Truth

__all__ = ["Truth"]
