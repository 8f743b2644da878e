"""Which verifications stand, and which of them the data have moved on from. Set-based.

A verification is broken by any event after its watermark that changed what it covers: no clock
decides (trial/audit/watermark.py).
"""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from trial.access.models import Site
from trial.quality.models import VerificationPlan

CHANGES_SINCE = """
from quality_verification v cross join lateral quality_changes(v) e where v.withdrawn_at is null
"""


def broken(participant_ids: Sequence[int]) -> set[int]:
    """The standing verifications of these participants that changed since; one statement."""
    return set(changes_since(participant_ids))


def changes_since(participant_ids: Sequence[int]) -> dict[int, list[int]]:
    """By standing verification, the events that changed what it covers; one statement."""
    found: dict[int, list[int]] = {}
    if not participant_ids:
        return found
    sql = f"select v.id, e.id {CHANGES_SINCE} and v.participant_id = any(%s) order by v.id, e.id"
    for verification, event in _rows(sql, [list(participant_ids)]):
        found.setdefault(verification, []).append(event)
    return found


def _rows(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def plans() -> dict[int | None, VerificationPlan]:
    """The plan in force by site; under None the one of all other sites. One statement."""
    return {plan.site_id: plan for plan in VerificationPlan.objects.filter(ended_at=None)}


def plan_of(site: Site | int) -> VerificationPlan | None:
    """The plan in force at a site: its own, or that of the study."""
    found = plans()
    return found.get(site.pk if isinstance(site, Site) else site) or found.get(None)
