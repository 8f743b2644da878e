"""What is still open about records: questions, and what no monitor has compared with the source.

Of the second nothing is kept yet: its function is the one place that will read it.
"""

from collections import Counter
from collections.abc import Collection

from trial.quality.selectors.asked import At, unsettled_by_place

__all__ = ["At", "open_queries", "unverified"]


def open_queries(participant_ids: Collection[int]) -> Counter[At]:
    """How many queries are not closed, by participant and visit."""
    return unsettled_by_place(participant_ids)


def unverified(participant_ids: Collection[int]) -> Counter[At]:
    """How much source-data verification the plan still asks for, by participant and visit."""
    return Counter({(pk, None): 0 for pk in participant_ids})
