"""Whose row an event is about, which fields it changed, and the seals over all events."""

from django.db import migrations, models

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

SEALS = """
-- A seal covers the events that were final when it was made: of finished transactions, in the
-- order of generation, transaction and id. It keeps each event's leaf beside its id, so that a
-- later comparison can name the event that was changed, removed or slipped in.
create table audit_seal (
  n bigint primary key,
  at timestamptz not null default clock_timestamp(),
  generation int not null,
  upto_xid xid8 not null,
  ids bigint[] not null,
  leaves bytea not null,
  previous bytea not null,
  root bytea not null unique,
  constraint audit_seal_counts check (octet_length(leaves) = 32 * cardinality(ids))
);

-- Leaves do not compress; a comparison reads one slice of them at a time.
alter table audit_seal alter leaves set storage external;

-- The text of an event that its leaf is made of: the same in every session.
create function audit_canonical(e audit_event) returns text language sql stable
set timezone = 'UTC' set search_path = pg_catalog, public, pg_temp as $$
  select jsonb_build_array(e.id, e.generation, e.xid::text, extract(epoch from e.at), e.actor_id,
    e.actor, e.actor_role, e.actor_site, e.request_id, e.reason, e.db_user, e.kind, e.table_name,
    e.record_id, e.site_id, e.participant_id, e.visit_id, e.fields, e.old, e.new, e.details)::text
$$;
create function audit_leaf(e audit_event) returns bytea language sql stable
set search_path = pg_catalog, public, pg_temp as $$
  select sha256(convert_to(e.nonce::text || audit_canonical(e), 'UTF8'))
$$;
create function audit_root(previous bytea, ids bigint[], leaves bytea) returns bytea
language sql immutable as $$
  select sha256(previous || convert_to(array_to_string(ids, ','), 'UTF8') || leaves)
$$;

-- Redacted events: their leaf of before, so that the seal over them can still be compared. Who
-- asked for it, why, and who agreed stands in the trail itself, under the seal.
create table audit_redacted (
  event_id bigint primary key,
  leaf bytea not null,
  request_id bigint not null
);

create function audit_seal_now() returns bigint language plpgsql security definer
set search_path = pg_catalog, public, pg_temp as $$
declare
  most constant int := 50000;  -- so that one seal stays well below the statement timeout
  last audit_seal;
  seen pg_snapshot := pg_current_snapshot();
  upto xid8;
  g int := audit_generation_now();
  further audit_event;
  found_ids bigint[];
  found_leaves bytea;
begin
  -- Final is what is older than every transaction under way, this one included. One that works in
  -- another database of the server (it holds locks there) can't write here: it is not waited for.
  select coalesce(min(x), pg_snapshot_xmax(seen)) into upto
  from pg_snapshot_xip(seen) x
  where not exists (
    select from pg_locks t join pg_locks r on r.pid = t.pid
    where t.locktype = 'transactionid' and t.mode = 'ExclusiveLock' and t.transactionid = x::xid
      and r.database not in (0, (select oid from pg_database where datname = current_database()))
  );
  upto := least(upto, pg_current_xact_id_if_assigned());
  lock table audit_seal in exclusive mode;
  select * into last from audit_seal order by n desc limit 1;
  select e.* into further from audit_event e
  where (e.generation, e.xid) >= (coalesce(last.generation, 0), coalesce(last.upto_xid, '0'))
    and (e.generation, e.xid) < (g, upto)
  order by e.generation, e.xid offset most limit 1;
  if found then
    -- Up to the transaction that holds the next event; one that is larger by itself goes in whole.
    g := further.generation;
    upto := further.xid;
    if not exists (
      select from audit_event e
      where (e.generation, e.xid) >= (coalesce(last.generation, 0), coalesce(last.upto_xid, '0'))
        and (e.generation, e.xid) < (g, upto)
    ) then
      upto := (upto::text::bigint + 1)::text::xid8;
    end if;
  end if;
  select array_agg(l.id order by l.generation, l.xid, l.id),
         string_agg(l.leaf, ''::bytea order by l.generation, l.xid, l.id)
    into found_ids, found_leaves
  from (
    select e.id, e.generation, e.xid, coalesce(r.leaf, audit_leaf(e)) as leaf
    from audit_event e left join audit_redacted r on r.event_id = e.id
    where (e.generation, e.xid) >= (coalesce(last.generation, 0), coalesce(last.upto_xid, '0'))
      and (e.generation, e.xid) < (g, upto)
  ) l;
  if found_ids is null then return 0; end if;
  insert into audit_seal (n, generation, upto_xid, ids, leaves, previous, root)
  values (coalesce(last.n, 0) + 1, g, upto, found_ids, found_leaves,
          coalesce(last.root, '\\x'),
          audit_root(coalesce(last.root, '\\x'), found_ids, found_leaves));
  return cardinality(found_ids);
end $$;

-- One row for each thing that is wrong: the seal, the event where one can be named, and what.
create function audit_verify() returns table (seal bigint, event bigint, problem text)
language sql stable set search_path = pg_catalog, public, pg_temp as $$
  with chain as (
    select s.*, lag(s.n) over w as before_n, lag(s.root) over w as before_root,
           lag(s.generation) over w as from_generation, lag(s.upto_xid) over w as from_xid
    from audit_seal s window w as (order by s.n)
  ), leaves as (
    select c.n, i.id, substring(c.leaves from (32 * (i.place - 1) + 1)::int for 32) as leaf
    from chain c, unnest(c.ids) with ordinality as i (id, place)
  )
  select c.n, null::bigint, 'seal_chain' from chain c
  where c.n <> coalesce(c.before_n, 0) + 1 or c.previous <> coalesce(c.before_root, '\\x')
  union all
  select c.n, null, 'seal_root' from chain c where c.root <> audit_root(c.previous, c.ids, c.leaves)
  union all
  select l.n, l.id, case when e.id is null then 'event_missing' else 'event_changed' end
  from leaves l left join audit_event e on e.id = l.id
  left join audit_redacted r on r.event_id = l.id
  where e.id is null or coalesce(r.leaf, audit_leaf(e)) <> l.leaf
  union all
  select (select min(c.n) from chain c where (e.generation, e.xid) < (c.generation, c.upto_xid)),
         e.id, 'event_added'
  from audit_event e left join leaves l on l.id = e.id
  where l.id is null and (e.generation, e.xid) < (
    select c.generation, c.upto_xid from chain c order by c.n desc limit 1)
  order by 1, 2
$$;

create trigger audit_append_only before update or delete on audit_seal
  for each statement execute function audit_refuse();
create trigger audit_no_truncate before truncate on audit_seal
  for each statement execute function audit_refuse();
create trigger audit_append_only before update or delete on audit_redacted
  for each statement execute function audit_refuse();
create trigger audit_no_truncate before truncate on audit_redacted
  for each statement execute function audit_refuse();
create trigger audit_append_only before update or delete on audit_generation
  for each statement execute function audit_refuse();
create trigger audit_no_truncate before truncate on audit_generation
  for each statement execute function audit_refuse();

revoke all on audit_seal, audit_redacted from ct_app;
grant select on audit_seal, audit_redacted to ct_app;
revoke all on function audit_seal_now(), audit_verify(), audit_canonical(audit_event),
  audit_leaf(audit_event), audit_root(bytea, bigint[], bytea) from public;
grant execute on function audit_seal_now(), audit_verify(), audit_canonical(audit_event),
  audit_leaf(audit_event), audit_root(bytea, bigint[], bytea) to ct_app;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.RunSQL(EVENT, migrations.RunSQL.noop),
        migrations.RunSQL(rows_function(), migrations.RunSQL.noop),
        unsealed(BACKFILL),
        migrations.RunSQL(SEALS, migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Seal",
            fields=[("n", models.BigIntegerField(primary_key=True, serialize=False))],
            options={"db_table": "audit_seal", "managed": False, "ordering": ["n"]},
        ),
    ]
