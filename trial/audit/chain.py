"""SQL of a chain of seals over a table of events.

There are two: the trail that everybody's work is in (`audit_event`), and that of what is sealed
(`sealed.event`), which no blinded login can read. They are never one: every hash after a sealed
event would depend on an arm (integrity rules, finding 2).
"""

_SEALS = """
-- A seal covers the events that were final when it was made: of finished transactions, in the
-- order of generation, transaction and id. It keeps each event's leaf beside its id, so that a
-- later comparison can name the event that was changed, removed or slipped in.
create table @seal (
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
alter table @seal alter leaves set storage external;

-- The text of an event that its leaf is made of: the same in every session.
create function @canonical(e @event) returns text language sql stable
set timezone = 'UTC' set search_path = pg_catalog, public, pg_temp as $$
  select jsonb_build_array(e.id, e.generation, e.xid::text, extract(epoch from e.at), e.actor_id,
    e.actor, e.actor_role, e.actor_site, e.request_id, e.reason, e.db_user, e.kind, e.table_name,
    e.record_id, e.site_id, e.participant_id, e.visit_id, e.fields, e.old, e.new, e.details)::text
$$;
create function @leaf(e @event) returns bytea language sql stable
set search_path = pg_catalog, public, pg_temp as $$
  select sha256(convert_to(e.nonce::text || @canonical(e), 'UTF8'))
$$;
create function @root(previous bytea, ids bigint[], leaves bytea) returns bytea
language sql immutable as $$
  select sha256(previous || convert_to(array_to_string(ids, ','), 'UTF8') || leaves)
$$;

-- Redacted events: their leaf of before, so that the seal over them can still be compared. Who
-- asked for it, why, and who agreed stands in the trail itself, under the seal.
create table @redacted (
  event_id bigint primary key,
  leaf bytea not null,
  request_id bigint not null
);

create function @seal_now() returns bigint language plpgsql security definer
set search_path = pg_catalog, public, pg_temp as $$
declare
  most constant int := 50000;  -- so that one seal stays well below the statement timeout
  last @seal;
  seen pg_snapshot;
  later pg_snapshot;
  open_ones xid8[];
  upto xid8;
  g int := audit_generation_now();
  further @event;
  found_ids bigint[];
  found_leaves bytea;
begin
  -- Final is what is older than every transaction under way, this one included. One of a session in
  -- another database of the server can't write here and is not waited for; nor is one that has
  -- ended since: the statements below see it, as each looks anew (read committed). Whose a
  -- transaction is, its lock tells, which it takes just after its number: until then, or until it
  -- ends, one looks again at those that were under way at first.
  seen := pg_current_snapshot();
  open_ones := array(select pg_snapshot_xip(seen));
  for attempt in 1 .. 12 loop
    open_ones := array(
      select x from unnest(open_ones) x
      where not exists (
        select from pg_locks t join pg_stat_activity a on a.pid = t.pid
        where t.locktype = 'transactionid' and t.mode = 'ExclusiveLock'
          and t.transactionid = x::xid and a.datname <> current_database()));
    later := pg_current_snapshot();
    select min(x) into upto from unnest(open_ones) x where not pg_visible_in_snapshot(x, later);
    exit when upto is null or exists (
      select from pg_locks t left join pg_stat_activity a on a.pid = t.pid
      where t.locktype = 'transactionid' and t.mode = 'ExclusiveLock'
        and t.transactionid = upto::xid
        and coalesce(a.datname, current_database()) = current_database());
    perform pg_sleep(0.001 * attempt);
  end loop;
  upto := least(coalesce(upto, pg_snapshot_xmax(seen)), pg_current_xact_id_if_assigned());
  lock table @seal in exclusive mode;
  select * into last from @seal order by n desc limit 1;
  select e.* into further from @event e
  where (e.generation, e.xid) >= (coalesce(last.generation, 0), coalesce(last.upto_xid, '0'))
    and (e.generation, e.xid) < (g, upto)
  order by e.generation, e.xid offset most limit 1;
  if found then
    -- Up to the transaction that holds the next event; one that is larger by itself goes in whole.
    g := further.generation;
    upto := further.xid;
    if not exists (
      select from @event e
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
    select e.id, e.generation, e.xid, coalesce(r.leaf, @leaf(e)) as leaf
    from @event e left join @redacted r on r.event_id = e.id
    where (e.generation, e.xid) >= (coalesce(last.generation, 0), coalesce(last.upto_xid, '0'))
      and (e.generation, e.xid) < (g, upto)
  ) l;
  if found_ids is null then return 0; end if;
  insert into @seal (n, generation, upto_xid, ids, leaves, previous, root)
  values (coalesce(last.n, 0) + 1, g, upto, found_ids, found_leaves,
          coalesce(last.root, '\\x'),
          @root(coalesce(last.root, '\\x'), found_ids, found_leaves));
  return cardinality(found_ids);
end $$;

-- One row for each thing that is wrong: the seal, the event where one can be named, and what.
create function @verify() returns table (seal bigint, event bigint, problem text)
language sql stable set search_path = pg_catalog, public, pg_temp as $$
  with chain as (
    select s.*, lag(s.n) over w as before_n, lag(s.root) over w as before_root,
           lag(s.generation) over w as from_generation, lag(s.upto_xid) over w as from_xid
    from @seal s window w as (order by s.n)
  ), leaves as (
    select c.n, i.id, substring(c.leaves from (32 * (i.place - 1) + 1)::int for 32) as leaf
    from chain c, unnest(c.ids) with ordinality as i (id, place)
  )
  select c.n, null::bigint, 'seal_chain' from chain c
  where c.n <> coalesce(c.before_n, 0) + 1 or c.previous <> coalesce(c.before_root, '\\x')
  union all
  select c.n, null, 'seal_root' from chain c where c.root <> @root(c.previous, c.ids, c.leaves)
  union all
  select l.n, l.id, case when e.id is null then 'event_missing' else 'event_changed' end
  from leaves l left join @event e on e.id = l.id
  left join @redacted r on r.event_id = l.id
  where e.id is null or coalesce(r.leaf, @leaf(e)) <> l.leaf
  union all
  select (select min(c.n) from chain c where (e.generation, e.xid) < (c.generation, c.upto_xid)),
         e.id, 'event_added'
  from @event e left join leaves l on l.id = e.id
  where l.id is null and (e.generation, e.xid) < (
    select c.generation, c.upto_xid from chain c order by c.n desc limit 1)
  order by 1, 2
$$;

create trigger audit_append_only before update or delete on @seal
  for each statement execute function audit_refuse();
create trigger audit_no_truncate before truncate on @seal
  for each statement execute function audit_refuse();
create trigger audit_append_only before update or delete on @redacted
  for each statement execute function audit_refuse();
create trigger audit_no_truncate before truncate on @redacted
  for each statement execute function audit_refuse();

revoke all on @seal, @redacted from <reader>;
grant select on @seal, @redacted to <reader>;
revoke all on function @seal_now(), @verify(), @canonical(@event),
  @leaf(@event), @root(bytea, bigint[], bytea) from public;
grant execute on function @seal_now(), @verify(), @canonical(@event),
  @leaf(@event), @root(bytea, bigint[], bytea) to <reader>;
"""


def seals(prefix: str = "audit_", *, reader: str = "ct_app") -> str:
    """SQL that makes `<prefix>seal`, `<prefix>seal_now()` and `<prefix>verify()` over
    `<prefix>event`, a table with the columns of `audit_event`; the login `reader` may read and
    seal."""
    return _SEALS.replace("@", prefix).replace("<reader>", reader)
