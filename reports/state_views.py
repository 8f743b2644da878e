"""The two export views that read off the trail whether something still holds, as SQL.

They name the tables of every form, so that a migration makes them anew when a form is added: one
line, `operations = state_views()`. tests/integration/api/test_states.py says when.
"""

from django.db.migrations.operations import RunSQL

from trial.quality.casebook import FORM_OF_TABLE
from trial.quality.observed import COMPUTED

_SIGNATURE = """
create or replace view export_signature as
select s.id, s.site_id, i.code as site, s.participant_id, s.participant_code as participant,
       v.code as visit, v.number as visit_number, s.scope, s.meaning, s.printed_name, s.role,
       s.signed_at, s.components, s.schema as schema_version, s.sha256,
       case when n.newer then 'superseded' when c.at is not null then 'changed' else 'intact' end
         as state,
       greatest(s.signed_at, c.at) as changed_at
from signing_signature s
join access_site i on i.id = s.site_id
left join visits_visit v on v.id = s.visit_id
cross join lateral (
  select exists (
    select from signing_signature l
    where l.scope = s.scope and l.participant_id = s.participant_id
      and l.visit_id is not distinct from s.visit_id and l.id > s.id
  ) as newer
) n
cross join lateral (
  select max(e.at) as at from audit_event e
  where s.scope <> 'allocation'
    and e.participant_id = s.participant_id and (s.visit_id is null or e.visit_id = s.visit_id)
    and e.table_name in ({tables})
    and (e.kind in ('insert', 'delete') or e.kind = 'update' and e.fields <> '{{}}')
    and audit_after(e.generation, e.xid, s.seen_generation, s.seen_snapshot)
) c
"""
_VERIFICATION = """
create or replace view export_verification as
select q.id, q.site_id, i.code as site, q.participant_id, q.participant_code as participant,
       v.code as visit, v.number as visit_number, q.form,
       case when q.record_id is null then 'form' when q.field = '' then 'record' else 'value' end
         as scope,
       nullif(q.table_name, '') as table_name, q.record_id, nullif(q.field, '') as field,
       q.verified_at, q.withdrawn_at,
       case when q.withdrawn_at is not null then 'withdrawn' when c.at is not null then 'changed'
         else 'verified' end as state,
       greatest(q.verified_at, q.withdrawn_at, c.at) as changed_at
from quality_verification q
join access_site i on i.id = q.site_id
left join visits_visit v on v.id = q.visit_id
cross join lateral (
  select max(e.at) as at from audit_event e
  where e.participant_id = q.participant_id and e.visit_id is not distinct from q.visit_id
    and case e.table_name {forms} end = q.form
    and (q.record_id is null or e.table_name = q.table_name and e.record_id = q.record_id::text)
    and (e.kind in ('insert', 'delete') or e.kind = 'update'
         and case when q.field = '' then not e.fields <@ '{{{computed}}}'::text[]
             else q.field = any(e.fields) end)
    and audit_after(e.generation, e.xid, q.seen_generation, q.seen_snapshot)
) c
"""


def state_views() -> list[RunSQL]:
    """Operations that make both views of the casebook as the code has it."""
    tables = ", ".join(f"'{table}'" for table in FORM_OF_TABLE)
    forms = " ".join(f"when '{table}' then '{form}'" for table, form in FORM_OF_TABLE.items())
    signature = _SIGNATURE.format(tables=tables)
    verification = _VERIFICATION.format(forms=forms, computed=",".join(COMPUTED))
    return [RunSQL(sql, RunSQL.noop) for sql in (signature, verification)]
