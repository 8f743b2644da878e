"""Where signals of the liver join what is below: the sweeper's rounds, and saves of forms."""

from safety.services.liver import look, look_pending
from trial import sweeping
from trial.crf import consequences
from trial.crf.consequences import Change

# Whether an event of special interest is entered, and whether there were symptoms.
_FORMS = ("adverse_event", "symptoms")
_ASKED = frozenset({"aesi_hys_law", "starts_on"})


def join() -> None:
    """Say so once; again changes nothing."""
    sweeping.register("liver signals", look_pending)
    for form in _FORMS:
        consequences.register(form, look_again)


def look_again(change: Change) -> None:
    """Look at the participant's signals again, if the save changed what they rest on."""
    row = change.row
    if row.form.code == "adverse_event" and not (row.struck or _ASKED & set(change.changed)):
        return
    look(participant_id=row.participant_id, by=change.by, again=True)
