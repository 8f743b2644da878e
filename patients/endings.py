"""How taking part ended, as the lines of the disposition form say; the status follows from it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from patients.models import Status
from trial.protocol.casebook.disposition import FORM
from trial.protocol.casebook.disposition_checks import ENDS

COMPLETED, WITHDRAWN, DEATH = "study_completed", "withdrawal_full", "death"
# What the status itself does not say.
_NAMED = ("lost_to_follow_up", DEATH)


@dataclass(frozen=True, slots=True)
class Ending:
    """What the participant's record says of the end: its kind, its day, its reason in words."""

    event: str
    status: Status
    on: date
    reason: str


def ending_of(lines: Iterable[Mapping[str, Any]]) -> Ending | None:
    """The end that the standing lines record; a death counts where nothing ended before it.

    None while its day is not given.
    """
    dated = [(line, on) for line in lines if (on := line.get("happened_on")) is not None]
    ends = [one for one in dated if one[0]["event"] in ENDS]
    deaths = [one for one in dated if one[0]["event"] == DEATH]
    for line, on in (*ends, *deaths):
        status = Status.COMPLETED if line["event"] == COMPLETED else Status.WITHDRAWN
        return Ending(line["event"], status, on, reason_of(line))
    return None


def reason_of(line: Mapping[str, Any]) -> str:
    """Why, in the words of the form (in English, as everything that is kept) and of whoever
    recorded it."""
    named = line["event"] in _NAMED and FORM.question("event").code(line["event"]).label.en
    code = line.get("reason")
    why = line.get("other_reason") if code == "other" else ""
    if code and not why:
        why = FORM.question("reason").code(code).label.en
    return ": ".join(one for one in (named, why, line.get("remark")) if one)
