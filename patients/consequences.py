"""What follows from a save of a form about the person; registered in apps.py."""

from patients.eligibility_checks import ask_about
from patients.leaving import follow_disposition
from patients.rows import lock, write
from trial.crf.consequences import Change


def note_course(change: Change) -> None:
    """Results that rest on the participant's course are worked out anew (labs/selectors.py)."""
    write(lock(change.owner.participant))


def end_or_reopen(change: Change) -> None:
    """The status follows the lines that end taking part."""
    follow_disposition(change)


def ask_about_eligibility(change: Change) -> None:
    """Answers to criteria that the forms contradict are asked about, and settled once they fit."""
    ask_about(participant=change.owner.participant, by=change.by, reason=change.reason)
