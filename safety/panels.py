"""What stands beside the adverse events and pregnancies of the casebook: reactions of an infusion
that are no event yet, and the case of a line with its next limit."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from safety.cases import Kind
from safety.models import SafetyCase
from safety.selectors.reactions import unmade
from safety.wording import stage_name, tone_of
from trial.crf.panels import Panel
from trial.protocol.crf import Facts, Row
from trial.protocol.version import ProtocolVersion

TEMPLATE = "safety/_beside.html"


def adverse_event(
    facts: Facts, participant: Any, protocol: ProtocolVersion, row: Row | None
) -> Panel | None:
    """Beside the list: reactions to be made events of, and all cases; beside a line, its case."""
    cases = _cases(participant, Kind.EVENT, row)
    reactions = unmade(participant.pk) if row is None else []
    if not cases and not reactions:
        return None
    return Panel(TEMPLATE, {"cases": cases, "reactions": reactions, "participant": participant})


def pregnancy(
    facts: Facts, participant: Any, protocol: ProtocolVersion, row: Row | None
) -> Panel | None:
    """The cases of the pregnancies."""
    cases = _cases(participant, Kind.PREGNANCY, row)
    if not cases:
        return None
    return Panel(TEMPLATE, {"cases": cases, "reactions": [], "participant": participant})


def _cases(participant: Any, kind: Kind, row: Row | None) -> list[Mapping[str, Any]]:
    found = SafetyCase.objects.filter(participant=participant, kind=kind).order_by("number")
    if row is not None:
        found = found.filter(number=row.number)
    now = timezone.now()
    return [
        {
            "pk": case.pk,
            "number": case.number,
            "due_at": case.due_at,
            "state": stage_name(case.stage, case.due_at, now),
            "tone": tone_of(case.stage, case.due_at, now),
        }
        for case in found
    ]
