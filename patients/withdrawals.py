"""Consent withdrawn in part: since when, and what is still allowed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from patients.models import Disposition, Participant
from trial.protocol.casebook.disposition import FORM
from trial.web.formats import localized

_BOXES = FORM.section("allowed").questions


@dataclass(frozen=True, slots=True)
class PartialWithdrawal:
    """The newest partial withdrawal. `allowed` and `ended` name what goes on and what doesn't."""

    number: int
    on: date | None
    visits: bool
    allowed: Sequence[str]
    ended: Sequence[str]

    def forbids_visit(self, on: date | None) -> bool:
        """Whether a visit of this day (None: not known) is one that was not consented to."""
        return not self.visits and (on is None or self.on is None or on > self.on)


def partial_withdrawal(participant: Participant) -> PartialWithdrawal | None:
    """The standing partial withdrawal of a participant. One statement."""
    rows = Disposition.objects.standing().filter(participant=participant)
    row = rows.filter(event="withdrawal_partial").order_by("-happened_on", "-number").first()
    if row is None:
        return None
    return PartialWithdrawal(
        number=row.number,
        on=row.happened_on,
        visits=bool(row.allows_visits),
        allowed=[localized(box.label) for box in _BOXES if getattr(row, box.name)],
        ended=[localized(box.label) for box in _BOXES if not getattr(row, box.name)],
    )
