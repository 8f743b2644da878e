"""What differs between two moments of the study, worked out from the trail in one statement.

Of each value the first old and the last new one between the two watermarks; what was changed and
changed back differs in nothing and is left out, but for the single steps.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any

from django.db import connection

from reports.classification import FIELDS, Kind
from reports.records import KINDS, MARKS
from trial.audit.operations import BOOKKEEPING
from trial.audit.watermark import Watermark
from trial.quality.casebook import FORM_OF_TABLE

# What a save itself writes; its change alone is none.
OF_A_SAVE = {*BOOKKEEPING, "created_at", "expected", "filled", "source"}
_BETWEEN = """
with e as materialized (
  select e.* from audit_event e
  where e.table_name = any(%(tables)s) and e.kind in ('insert', 'update', 'delete')
    and (e.generation, e.xid) >= (%(generation)s, pg_snapshot_xmin(%(snapshot)s::pg_snapshot))
    and audit_after(e.generation, e.xid, %(generation)s, %(snapshot)s)
    and not audit_after(e.generation, e.xid, %(to_generation)s, %(to_snapshot)s)
    and (%(site)s::bigint is null or e.site_id = %(site)s)
    and (%(participant)s::bigint is null or e.participant_id = %(participant)s)
), touched as (
  select e.id, e.table_name, e.record_id, k.field
  from e cross join lateral unnest(
    case when e.kind = 'update' then e.fields
         else array(select jsonb_object_keys(coalesce(e.new, e.old))) end) k (field)
  join unnest(%(of_tables)s::text[], %(fields)s::text[]) a (table_name, field)
    on a.table_name = e.table_name and a.field = k.field
), spans as (
  select table_name, record_id, field, min(id) as first_id, max(id) as last_id,
         count(*) as steps
  from touched group by table_name, record_id, field{by_event}
), found as (
  select l.site_id, l.participant_id, l.visit_id, s.table_name, s.record_id, s.field,
         coalesce(l.new, l.old) as row, f.kind = 'insert' as added, l.kind = 'delete' as removed,
         nullif(f.old ->> s.field, '') as old, nullif(l.new ->> s.field, '') as new,
         l.id as event, l.actor, l.actor_role, l.actor_site, l.at,
         case when %(text)s then l.reason else '' end as reason, l.request_id, s.steps
  from spans s join e f on f.id = s.first_id join e l on l.id = s.last_id
)
select t.code as site, p.code as participant,
       case when v.number > 0 then v.code || ' ' || v.number else v.code end as visit,
       d.table_name, d.record_id,
       coalesce(d.row ->> (%(marks)s::jsonb ->> d.table_name), '') as mark,
       d.field,
       case when d.added then 'added' when d.removed then 'removed' else 'changed' end as change,
       d.old, d.new, d.actor, d.actor_role, d.actor_site, d.at, d.reason, d.request_id, d.steps,
       d.event
from found d
left join access_site t on t.id = d.site_id
left join patients_participant p on p.id = d.participant_id
left join visits_visit v on v.id = d.visit_id
where d.old is distinct from d.new
order by p.code, v.position, v.number, d.table_name, d.record_id::bigint, d.field, d.event
"""


@dataclass(frozen=True, slots=True)
class Question:
    """From when to when, and whose differences. `text`: with free text and reasons."""

    since: Watermark
    until: Watermark
    text: bool
    steps: bool = False
    site: int | None = None
    participant: int | None = None
    form: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that differs: was and is, and the last event that touched it."""

    site: str | None
    participant: str | None
    visit: str | None
    table_name: str
    record_id: str
    mark: str | None
    field: str
    change: str
    old: str | None
    new: str | None
    actor: str
    actor_role: str
    actor_site: str
    at: datetime
    reason: str
    request_id: str
    steps: int
    event: int


def compared(text: bool) -> Mapping[str, tuple[str, ...]]:
    """The columns of each table that are compared; free text only with `text`."""
    wanted = {Kind.EXPORTABLE, Kind.IDENTIFYING} if text else {Kind.EXPORTABLE}
    return {
        kind.table: tuple(
            str(field.column)
            for field in kind.model._meta.concrete_fields
            if FIELDS[kind.model._meta.label][field.name] in wanted
            and field.column not in OF_A_SAVE
        )
        for kind in KINDS.values()
    }


def _sql(question: Question) -> str:
    return _BETWEEN.replace("{by_event}", ", id" if question.steps else "")


def _parameters(question: Question) -> dict[str, Any]:
    columns = [(t, f) for t, names in compared(question.text).items() for f in names]
    tables = [t for t, form in FORM_OF_TABLE.items() if question.form in ("", form)]
    return {
        "tables": tables,
        "of_tables": [table for table, _field in columns],
        "fields": [field for _table, field in columns],
        "marks": json.dumps(dict(MARKS)),
        "generation": question.since.generation,
        "snapshot": question.since.snapshot,
        "to_generation": question.until.generation,
        "to_snapshot": question.until.snapshot,
        "site": question.site,
        "participant": question.participant,
        "text": question.text,
    }


def differences(
    question: Question, *, limit: int | None = None, offset: int = 0
) -> tuple[list[Difference], int]:
    """The differences in order of participant and visit, and how many there are in all."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"select *, count(*) over () from ({_sql(question)}) q limit %(limit)s"  # noqa: S608
            " offset %(offset)s",
            {**_parameters(question), "limit": limit, "offset": offset},
        )
        rows = cursor.fetchall()
    return [Difference(*row[:-1]) for row in rows], rows[0][-1] if rows else 0


def as_csv(question: Question, file: IO[bytes]) -> int:
    """All differences as CSV, times in UTC; returns how many."""
    with connection.cursor() as cursor:
        inner = cursor.mogrify(_sql(question), _parameters(question)).decode()
        cursor.copy_expert(f"copy ({inner}) to stdout with (format csv, header)", file)
        return int(cursor.rowcount)
