"""What checks of safety forms ask of rows: which event a line is about, what lies ahead.

Moments are those of the site's clock, with its offset: their own day is the local day.
"""

from datetime import date

from trial.protocol.crf import Case, Row
from trial.protocol.partial import surely_before


def event_of(case: Case) -> Row | None:
    """The adverse event that a line is about; None if there is none of this number."""
    return case.facts.line("adverse_event", case["adverse_event"])


def no_such_event(case: Case) -> bool:
    """Whether the line is about an adverse event that there is not."""
    return event_of(case) is None


def in_future(case: Case, name: str) -> bool:
    """Whether a partial date surely lies after today. Days and moments ahead are never stored."""
    return surely_before(case.facts.today, case[name]) is True


def other_day(one: str | date | None, other: str | date | None) -> bool:
    """Whether two days or partial dates surely are not the same day; a blank one may be any."""
    return surely_before(one, other) is True or surely_before(other, one) is True


def is_fatal(event: Row) -> bool:
    """Whether an event is entered as fatal: by its outcome or its grade."""
    return bool(event["outcome"] == "fatal" or event["grade"] == "5")
