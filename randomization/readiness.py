"""What stands against randomising somebody (R-30, F-013, F-014). Pure, and blind."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Against(StrEnum):
    """What stands against it. Only LATE is a warning."""

    DONE = "done"
    NOT_ENROLLED = "not_enrolled"
    NO_CONSENT = "no_consent"
    NOT_ELIGIBLE = "not_eligible"
    NO_STATUS = "no_status"
    INFUSED = "infused"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the participant. `eligible` is three-valued; `group` is "" while the disease
    status is not recorded; `first_infusion_on` the planned day 0, `held` whether it took place."""

    enrolled: bool
    consented: bool
    eligible: bool | None
    group: str
    first_infusion_on: date | None
    held: bool
    allocated: bool = False


def against(facts: Facts, *, today: date, within_hours: int) -> Sequence[Against]:
    """Everything that stands against it, in the order in which it is put right."""
    if facts.allocated:
        return [Against.DONE]
    planned = facts.first_infusion_on
    days = within_hours // 24
    found = {
        Against.NO_CONSENT: not facts.consented,
        Against.NOT_ELIGIBLE: facts.eligible is not True,
        Against.NOT_ENROLLED: not facts.enrolled,
        Against.NO_STATUS: not facts.group,
        Against.INFUSED: facts.held,
        Against.LATE: planned is not None and not facts.held and (planned - today).days > days,
    }
    return [reason for reason, holds in found.items() if holds]


def blocking(reasons: Sequence[Against]) -> Sequence[Against]:
    """Those that no confirmation gets past."""
    return [reason for reason in reasons if reason is not Against.LATE]
