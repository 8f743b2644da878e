"""Which verifications stand, and which of them the data have moved on from. Set-based.

A verification is broken by any event after its watermark that changed what it covers: no clock
decides (trial/audit/watermark.py).
"""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from trial.access.models import Site
from trial.quality.forms import FORM_OF_TABLE, TOGETHER
from trial.quality.models import VerificationPlan


def _constants() -> tuple[str, str]:
    """(form, table) and (table, field, columns) as SQL lists; names of the code, nothing typed."""
    forms = ", ".join(f"('{form}', '{table}')" for table, form in FORM_OF_TABLE.items())
    columns = ", ".join(
        f"('{table}', '{field}', '{{{','.join(names)}}}'::text[])"
        for (table, field), names in TOGETHER.items()
    )
    return forms, columns


_FORMS, _COLUMNS = _constants()

# The events after the watermark of a standing verification that changed what it covers: of the
# form's tables, of the record if it is about one, of the value's columns if it is about one.
CHANGES_SINCE = f"""
from quality_verification v
cross join lateral (select pg_snapshot_xmin(v.seen_snapshot::pg_snapshot) as xmin) w
left join (values {_COLUMNS}) c(table_name, field, columns)
  on c.table_name = v.table_name and c.field = v.field
join audit_event e on e.participant_id = v.participant_id
  and (e.generation, e.xid) >= (v.seen_generation, w.xmin)
  and e.visit_id is not distinct from v.visit_id
  and (v.form, e.table_name) in (values {_FORMS})
  and (e.kind in ('insert', 'delete') or e.kind = 'update' and e.fields <> '{{}}')
  and (v.table_name = '' or e.table_name = v.table_name and e.record_id = v.record_id::text)
  and (v.field = '' or e.kind <> 'update' or e.fields && coalesce(c.columns, array[v.field::text]))
  and audit_after(e.generation, e.xid, v.seen_generation, v.seen_snapshot)
where v.withdrawn_at is null
"""


def broken(participant_ids: Sequence[int]) -> set[int]:
    """The standing verifications of these participants that changed since; one statement."""
    return set(changes_since(participant_ids))


def changes_since(participant_ids: Sequence[int]) -> dict[int, list[int]]:
    """By standing verification, the events that changed what it covers; one statement."""
    found: dict[int, list[int]] = {}
    if not participant_ids:
        return found
    sql = f"select v.id, e.id {CHANGES_SINCE} and v.participant_id = any(%s) order by v.id, e.id"  # noqa: S608 - constants
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
