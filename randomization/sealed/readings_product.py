"""Noting who has looked at lots, donors and contents of bags: before they are shown (R-17)."""

from randomization.sealed import reading
from trial.audit.context import Actor

REASON = "work of the cell laboratory"


def note_reading(*, what: str, by: Actor, reason: str = REASON) -> None:
    """Note that `by` is about to be shown `what`, such as "lot:7"; committed when this returns."""
    reading.note_reading(kind="product", what=what, why=reason, by=by)
