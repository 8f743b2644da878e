"""What checks of safety forms ask of rows: which event a line is about, whether it was fatal.

Moments are those of the site's clock, with its offset: their own day is the local day.
"""

from datetime import date

from trial.protocol.crf import Case, Row
from trial.protocol.partial import surely_before


def event_of(case: Case) -> Row | None:
    """The adverse event that a line is about; None if there is none of this number."""
    return case.facts.line("adverse_event", case["adverse_event"])


def other_day(one: str | date | None, other: str | date | None) -> bool:
    """Whether two days or partial dates surely are not the same day; a blank one may be any."""
    return surely_before(one, other) is True or surely_before(other, one) is True


def is_fatal(event: Row) -> bool:
    """Whether an event is entered as fatal: by its outcome or its grade."""
    return bool(event["outcome"] == "fatal" or event["grade"] == "5")
