"""SQL of giving out slots and bags; schema.py puts it between the guards and the lists."""

ALLOCATE = """
-- The arm that minimisation gives (Pocock and Simon 1975, with the range as distance), for lists of
-- two arms: randomization/minimisation.py says the same, and a test compares them.
create function sealed.minimised(l sealed.list, wanted jsonb, draw int) returns text
language plpgsql stable set search_path = pg_catalog, sealed, public, pg_temp as $$
declare
  arms text[] := array(select jsonb_array_elements_text(l.design->'arms'));
  preferred int := (l.design->>'preferred')::int;
  first_apart int;
  second_apart int;
begin
  select sum(c.weight * abs(c.first + 1 - c.second)), sum(c.weight * abs(c.first - c.second - 1))
    into first_apart, second_apart
  from (
    select f.value::int as weight,
           count(*) filter (where s.arm = arms[1]) as first,
           count(*) filter (where s.arm = arms[2]) as second
    from jsonb_each_text(l.design->'weights') f
    left join sealed.slot s on s.list_id = l.id and s.participant_id is not null
      and s.levels->>f.key = wanted->>f.key
    group by f.key, f.value
  ) c;
  return arms[case
    when first_apart = second_apart then 1 + (draw >= 5000)::int
    when first_apart < second_apart then 1 + (draw >= preferred)::int
    else 1 + (draw >= 10000 - preferred)::int end];
end $$;

-- Bags of a participant's arm at a site, in their secret order, from the first shipment in which
-- every arm has enough; refused where there is none. So neither a refusal nor the shipment nor a
-- bag that is passed over depends on whose arm is asked for (F-016, F-034, F-040).
create function sealed.bags_for(participant bigint, site bigint, wanted int, until timestamptz)
returns bigint[] language plpgsql security definer
set search_path = pg_catalog, sealed, public, pg_temp
set debug_print_plan = off set debug_print_rewritten = off set debug_print_parse = off as $$
declare
  l sealed.list;
  mine text;
  from_shipment bigint;
  found_bags bigint[];
begin
  perform audit_context();
  select s.arm into mine from sealed.slot s where s.participant_id = participant;
  -- A number that is null would be no limit.
  if not found or coalesce(wanted, 0) < 1 then
    raise exception 'not to be allocated' using errcode = 'SE004';
  end if;
  perform pg_advisory_xact_lock(7114022, site::int);
  select x.* into l from sealed.list x join sealed.slot s on s.list_id = x.id
    where s.participant_id = participant;
  with stock as materialized (select * from sealed.usable(site, until))
  select min(s.shipment_id) into from_shipment from stock s where not exists (
    select from jsonb_array_elements_text(l.design->'arms') a (code)
    where wanted > (select count(*) from stock u
                    where u.shipment_id = s.shipment_id and u.arm = a.code)
  );
  if from_shipment is null then
    raise exception 'not enough product' using errcode = 'SE003';
  end if;
  select array_agg(b.bag_id order by b.turn) into found_bags from (
    select u.* from sealed.usable(site, until) u
    where u.shipment_id = from_shipment and u.arm = mine order by u.turn limit wanted
  ) b;
  return found_bags;
end $$;

create function sealed.usable(site bigint, until timestamptz)
returns table (bag_id bigint, shipment_id bigint, turn int, arm text)
language sql stable set search_path = pg_catalog, sealed, public, pg_temp as $$
  select b.id, b.shipment_id, c.turn, t.arm
  from public.visits_bag b
  join sealed.bag_content c on c.bag_id = b.id
  join sealed.lot t on t.id = c.lot_id
  where b.site_id = site and b.state = 'received' and not b.excursion_open
    and b.expires_at > until and t.disposition in ('released', 'conditional')
$$;

-- One slot and the first bags for a participant: stratum, slot, stock, in this order. What comes
-- back is a number within the stratum and bags, or a code, whatever the arm. The plans, which the
-- session could have printed, have the arm among their constants.
create function sealed.allocate(participant bigint, in_stratum text, wanted_levels jsonb, bags int,
                                until timestamptz, out slot int, out bag_ids bigint[])
language plpgsql security definer set search_path = pg_catalog, sealed, public, pg_temp
set debug_print_plan = off set debug_print_rewritten = off set debug_print_parse = off as $$
declare
  person patients_participant;
  l sealed.list;
  s sealed.slot;
begin
  perform audit_context();
  select p.* into person from patients_participant p where p.id = participant for update;
  if person.status is distinct from 'enrolled'
     or not exists (select from patients_consent k where k.participant_id = participant)
     or exists (select from sealed.slot x where x.participant_id = participant) then
    raise exception 'not to be allocated' using errcode = 'SE004';
  end if;
  -- The list stays in force until this is done: another waits for it (sealed.activate).
  select x.* into l from sealed.list x where x.state = 'active' for share;
  if not found then
    select x.* into l from sealed.list x where x.state = 'active' for share;
  end if;
  if l.id is null then raise exception 'no list in force' using errcode = 'SE001'; end if;
  perform 1 from sealed.stratum x where x.list_id = l.id
    and x.code = case l.method when 'minimisation' then 'all' else in_stratum end for update;
  if not found then raise exception 'no list for this stratum' using errcode = 'SE002'; end if;
  select x.* into s from sealed.slot x
    where x.list_id = l.id and x.participant_id is null
      and x.stratum = case l.method when 'minimisation' then 'all' else in_stratum end
    order by x.number limit 1 for update;
  if not found then raise exception 'the list is at its end' using errcode = 'SE002'; end if;
  update sealed.slot x set participant_id = participant, taken_at = clock_timestamp(),
    levels = wanted_levels,
    arm = coalesce(x.arm, sealed.minimised(l, wanted_levels, x.draw))
  where x.id = s.id;
  slot := s.number;
  bag_ids := sealed.bags_for(participant, person.site_id, bags, until);
exception when others then
  -- A detail of PostgreSQL's names values of the row: the arm too (F-041).
  raise exception '%', case when sqlstate like 'SE%' then sqlerrm else 'not allocated' end
    using errcode = sqlstate;
end $$;
"""
