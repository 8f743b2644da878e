"""Consent withdrawn in part: since when, and what is still allowed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import OuterRef, Subquery
from django.db.models.functions import JSONObject

from patients.models import Disposition, Participant, ParticipantQuerySet
from trial.protocol.casebook.disposition import FORM
from trial.protocol.casebook.disposition_checks import ALLOWED
from trial.web.formats import localized

_BOXES = tuple(FORM.question(name) for name in ALLOWED)
_NAMES = ALLOWED


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


def with_withdrawal(rows: ParticipantQuerySet) -> ParticipantQuerySet:
    """Participants read together with their partial withdrawal: no statement is needed for it."""
    read: ParticipantQuerySet = rows.annotate(partial_line=newest_line("pk"))
    return read


def newest_line(participant: str) -> Subquery:
    """The line of the partial withdrawal of the participant in column `participant`, to be read
    with a row and kept as its participant's `partial_line`."""
    lines = Disposition.objects.standing().filter(participant=OuterRef(participant))
    names = ("number", "happened_on", *_NAMES)
    return Subquery(_newest(lines).values_list(JSONObject(**{name: name for name in names}))[:1])


def partial_withdrawal(participant: Participant) -> PartialWithdrawal | None:
    """The standing partial withdrawal of a participant. One statement, none if it was read with
    the participant."""
    line: Mapping[str, Any] | None
    if "partial_line" in participant.__dict__:
        line = participant.__dict__["partial_line"]
    else:
        rows = _newest(Disposition.objects.standing().filter(participant=participant))
        line = rows.values("number", "happened_on", *_NAMES).first()
    return None if line is None else _of(line)


def _newest(rows: Any) -> Any:
    return rows.filter(event="withdrawal_partial").order_by("-happened_on", "-number")


def _of(line: Mapping[str, Any]) -> PartialWithdrawal:
    on = line["happened_on"]
    return PartialWithdrawal(
        number=line["number"],
        on=date.fromisoformat(on) if isinstance(on, str) else on,
        visits=bool(line["allows_visits"]),
        allowed=[localized(box.label) for box in _BOXES if line[box.name]],
        ended=[localized(box.label) for box in _BOXES if not line[box.name]],
    )
