"""What is still open about records: questions, and what no monitor has compared with the source."""

from collections import Counter
from collections.abc import Collection

from trial.quality.selectors.asked import At, unsettled_by_place
from trial.quality.selectors.verification import unverified_forms

__all__ = ["At", "open_queries", "unverified"]


def open_queries(participant_ids: Collection[int]) -> Counter[At]:
    """How many queries are not closed, by participant and visit."""
    return unsettled_by_place(participant_ids)


def unverified(participant_ids: Collection[int]) -> Counter[At]:
    """How many forms the verification plan still asks for, by participant and visit."""
    return unverified_forms(participant_ids)
