"""Whose row an event is about, which fields it changed, and the seals over all events."""

from django.db import migrations, models

from trial.audit.chain import seals
from trial.audit.operations import BOOKKEEPING, rows_function, unsealed

EVENT = """
create table audit_generation (
  number int primary key,
  started_at timestamptz not null default clock_timestamp(),
  started_by text not null check (started_by <> ''),
  reason text not null check (reason <> '')
);
insert into audit_generation (number, started_by, reason) values (1, 'system:migrate', 'initial');

-- Every event written so far gets a nonce of its own; the default is worked out row by row.
alter table audit_event
  add generation int not null default 1,
  add site_id bigint,
  add participant_id bigint,
  add visit_id bigint,
  add fields text[],
  add nonce uuid not null default gen_random_uuid();
alter table audit_event alter generation drop default;
create index audit_event_order on audit_event (generation, xid);
create index audit_event_participant on audit_event (participant_id, id)
  where participant_id is not null;

create function audit_generation_now() returns int language sql stable
set search_path = pg_catalog, public, pg_temp as $$
  select max(number) from audit_generation
$$;

create function audit_changed(was jsonb, is_now jsonb, bookkeeping text[]) returns text[]
language sql immutable parallel safe as $$
  select coalesce(array_agg(k.key order by k.key), '{}')
  from jsonb_each(is_now - bookkeeping) k
  where (was -> k.key) is distinct from k.value
$$;

-- Whether an event was not yet visible at a watermark (trial/audit/watermark.py).
create function audit_after(generation int, xid xid8, seen_generation int, seen_snapshot text)
returns boolean language sql immutable parallel safe as $$
  select generation > seen_generation or (generation = seen_generation
    and not pg_visible_in_snapshot(xid, seen_snapshot::pg_snapshot))
$$;

drop function audit_act(text, text, text, jsonb);
create function audit_act(kind text, table_name text, record_id text, details jsonb,
                          site_id bigint, participant_id bigint, visit_id bigint)
returns bigint language sql security definer set search_path = pg_catalog, public, pg_temp as $$
  insert into audit_event (actor_id, actor, actor_role, actor_site, request_id, reason, generation,
                           kind, table_name, record_id, details, site_id, participant_id, visit_id)
  select (c->>'actor_id')::bigint, c->>'actor', c->>'role', c->>'site', c->>'request',
         c->>'reason', audit_generation_now(), 'act:' || $1, $2, $3, $4, $5, $6, $7
  from audit_context() c returning id
$$;
revoke all on function audit_act(text, text, text, jsonb, bigint, bigint, bigint) from public;
grant execute on function audit_act(text, text, text, jsonb, bigint, bigint, bigint) to ct_app;
revoke all on audit_generation from ct_app;
grant select on audit_generation to ct_app;
"""

BACKFILL = f"""
update audit_event set fields = audit_changed(old, new, '{{{",".join(BOOKKEEPING)}}}')
where kind = 'update';
"""

GENERATION = """
create trigger audit_append_only before update or delete on audit_generation
  for each statement execute function audit_refuse();
create trigger audit_no_truncate before truncate on audit_generation
  for each statement execute function audit_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.RunSQL(EVENT, migrations.RunSQL.noop),
        migrations.RunSQL(rows_function(), migrations.RunSQL.noop),
        unsealed(BACKFILL),
        migrations.RunSQL(seals(), migrations.RunSQL.noop),
        migrations.RunSQL(GENERATION, migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Seal",
            fields=[("n", models.BigIntegerField(primary_key=True, serialize=False))],
            options={"db_table": "audit_seal", "managed": False, "ordering": ["n"]},
        ),
    ]
