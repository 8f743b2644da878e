"""SQL of what follows a restore: nobody is randomised until allocations and slots agree (F-022,
F-143). Errors: SE006 not reconciled since the restore, SE007 they differ.
"""

from trial.audit.operations import track_sql

COMPARE = """
-- After a restore: slots that were taken without an allocation, and allocations without their slot
-- (F-022, F-143). No arm in it.
create function sealed.unreconciled()
returns table (participant_id bigint, stratum text, number int, problem text)
language sql stable security definer
set search_path = pg_catalog, sealed, public, pg_temp as $$
  select coalesce(s.participant_id, a.participant_id), coalesce(s.stratum, a.stratum),
         coalesce(s.number, a.slot),
         case when a.id is null then 'slot_without_allocation'
              when s.id is null then 'allocation_without_slot' else 'another_slot' end
  from (select * from sealed.slot x where x.participant_id is not null) s
  full join public.randomization_allocation a on a.participant_id = s.participant_id
  where a.id is null or s.id is null
     or s.number <> a.slot or s.stratum not in (a.stratum, 'all')
  order by 2, 3
$$;

-- Each restore begins a new generation of the trail; who compared allocations under it, and up to
-- which number the sites' own papers go.
create table sealed.reconciliation (
  generation int primary key,
  newest text not null,
  reconciled_at timestamptz not null default now(),
  reconciled_by text not null
);

create function sealed.reconcile(latest text, who text) returns void
language plpgsql security definer set search_path = pg_catalog, sealed, public, pg_temp as $$
begin
  perform audit_context();
  if exists (select from sealed.unreconciled()) then
    raise exception 'allocations and slots differ' using errcode = 'SE007';
  end if;
  insert into sealed.reconciliation (generation, newest, reconciled_by)
  values (audit_generation_now(), latest, who) on conflict do nothing;
end $$;

create function sealed.require_reconciled() returns trigger language plpgsql security definer
set search_path = pg_catalog, sealed, public, pg_temp as $$
begin
  if exists (select from public.audit_generation g where g.number < audit_generation_now())
     and not exists (select from sealed.reconciliation r
                     where r.generation = audit_generation_now()) then
    raise exception 'not reconciled since the restore' using errcode = 'SE006';
  end if;
  return null;
end $$;
create trigger slot_reconciled before update on sealed.slot
  for each statement execute function sealed.require_reconciled();
create trigger audit_append_only before update or delete on sealed.reconciliation
  for each statement execute function audit_refuse();

revoke all on sealed.reconciliation from public, ct_app, ct_sealed;
grant select on sealed.reconciliation to ct_sealed;
revoke all on function sealed.unreconciled(), sealed.reconcile(text, text),
  sealed.require_reconciled() from public, ct_app, ct_sealed;
grant execute on function sealed.unreconciled(), sealed.reconcile(text, text) to ct_sealed;
"""


def create() -> str:
    """All of it, the history of the new table included."""
    return COMPARE + track_sql("sealed.reconciliation", pk="generation", rows="sealed.rows")
