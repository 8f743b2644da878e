"""SQL for making, following and disclosing lists (integrity rules §3.4; docs/adr/0014).

Nothing here gives an arm to anybody before the trial has ended. SE005: numbers that were given
before; SE013: the trial has not ended.
"""

COUNTING = """
-- How far the numbers of all lists reach that have been in force, by stratum; no arm in it. A list
-- that follows counts on from here.
create function sealed.reached() returns table (stratum text, last int)
language sql stable security definer set search_path = pg_catalog, sealed, public, pg_temp as $$
  select s.stratum, max(s.number) from sealed.slot s join sealed.list l on l.id = s.list_id
  where l.state <> 'draft' group by 1 order by 1
$$;

-- A draft takes force, for good: the one before it is closed. A number that was given is never
-- given again; those of a minimisation ("all") are given in every stratum.
create or replace function sealed.activate(draft bigint, who text) returns void
language plpgsql security definer set search_path = pg_catalog, sealed, public, pg_temp as $$
begin
  perform audit_context();
  -- Whoever is being randomised has the slot of the list before: this waits, then counts it.
  perform 1 from sealed.list l where l.state = 'active' for update;
  if exists (
    select from sealed.slot mine join sealed.slot used
      on used.list_id <> mine.list_id and used.participant_id is not null
      and used.number >= mine.number
      and (used.stratum = mine.stratum or 'all' in (used.stratum, mine.stratum))
    where mine.list_id = draft
  ) then
    raise exception 'its numbers were given before' using errcode = 'SE005';
  end if;
  update sealed.list set state = 'closed' where state = 'active';
  update sealed.list set state = 'active', activated_at = clock_timestamp(), activated_by = who
    where id = draft and state = 'draft';
  if not found then raise exception 'not a draft' using errcode = 'SE001'; end if;
end $$;

-- A restored or copied generator can't draw a list a second time (F-020).
create unique index list_seed_once on sealed.list (seed) where seed is not null;
"""

DISCLOSING = """
-- Whether nothing can be learned any more that anybody must not know: the whole study is locked and
-- nobody is in it any longer.
create function sealed.ended() returns boolean language sql stable security definer
set search_path = pg_catalog, sealed, public, pg_temp as $$
  select exists (select from quality_hold h
                 where h.scope = 'study' and h.kind = 'lock' and h.released_at is null)
     and not exists (select from patients_participant p
                     where p.status not in ('completed', 'withdrawn', 'screen_failed'))
$$;

-- What a stranger needs to check a list: asked for as a list is read, in two transactions.
create function sealed.disclose(request bigint, out seed bytea, out salt bytea)
language plpgsql security definer set search_path = pg_catalog, sealed, public, pg_temp as $$
declare r sealed.access := sealed.wish(request, 'list');
begin
  if r.asked_by_id is distinct from (audit_context()->>'actor_id')::bigint then
    raise exception 'the request of somebody else' using errcode = 'SE024';
  end if;
  if not sealed.ended() then
    raise exception 'the trial has not ended' using errcode = 'SE013';
  end if;
  select l.seed, l.salt into seed, salt from sealed.list l
    where l.id = r.list_id and l.state <> 'draft';
end $$;
"""

RIGHTS = """
revoke all on function sealed.reached(), sealed.ended(), sealed.disclose(bigint) from public;
grant execute on function sealed.reached(), sealed.ended(), sealed.disclose(bigint) to ct_sealed;
"""

TRAIL = """
-- The sealed trail has each slot with its arm. Its reader sees every event but those: a list is
-- read with a committed wish, and in no other way.
alter table sealed.event enable row level security;
create policy event_without_slots on sealed.event for select to ct_sealed
  using (table_name <> 'slot');
alter function sealed.verify() security definer;
"""

CREATE = f"{COUNTING}\n{DISCLOSING}\n{RIGHTS}\n{TRAIL}"

UNDO = """
alter function sealed.verify() security invoker;
drop policy event_without_slots on sealed.event;
alter table sealed.event disable row level security;
drop function sealed.disclose(bigint);
drop function sealed.ended();
drop index sealed.list_seed_once;
drop function sealed.reached();
"""
