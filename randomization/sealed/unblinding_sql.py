"""SQL of unblinding: a request and a reading, in two transactions (integrity rules, finding 13).

The request is one row in `sealed.access` and one that everybody with the right may see, both made
by one function; the reading marks both. Errors: SE010 to SE012 as in schema.py, SE023 nobody to
unblind, SE024 somebody else's request, SE020 the study is not locked, SE021 not approved by a
second person since it was locked.
"""

ACCESS = """
-- Readings of the trail are noted where those of lots and contents are.
alter table sealed.access drop constraint access_kind_known;
alter table sealed.access add constraint access_kind_known
  check (kind in ('participant', 'list', 'all', 'product', 'trail'));
create function sealed.events() returns bigint language sql stable security definer
set search_path = pg_catalog, sealed, public, pg_temp as $$ select count(*) from sealed.event $$;
"""

RULES = """
create function sealed.holds(person bigint, in_role text, at_site bigint) returns boolean
language sql stable set search_path = pg_catalog, sealed, public, pg_temp as $$
  select exists (
    select from public.access_membership m join public.access_user u on u.id = m.user_id
    where m.user_id = person and m.role = in_role and m.ended_at is null and u.is_active
      and (m.site_id is null or m.site_id = at_site))
$$;

-- The lock over the whole study, kept from being released until the transaction ends.
create function sealed.study_lock() returns public.quality_hold language sql
set search_path = pg_catalog, sealed, public, pg_temp as $$
  select h.* from public.quality_hold h
  where h.scope = 'study' and h.kind = 'lock' and h.released_at is null for share
$$;

create function sealed.unblinding_rules() returns trigger language plpgsql security definer
set search_path = pg_catalog, sealed, public, pg_temp as $$
declare
  later constant text[] := '{approved_at,approved_by,approved_by_id,read_at,read_by}';
begin
  if tg_op = 'INSERT' then
    if new.approved_at is not null or new.read_at is not null
       or (new.kind = 'emergency' and not exists (
         select from sealed.access a where a.id = new.access_id and a.kind = 'participant'
           and a.participant_id = new.participant_id and a.xid = pg_current_xact_id())) then
      raise exception 'an unblinding is made with its request'
        using errcode = 'insufficient_privilege';
    end if;
    if new.kind = 'planned' and (sealed.study_lock()).id is null then
      raise exception 'the study is not locked' using errcode = 'SE020';
    end if;
    return new;
  end if;
  if (to_jsonb(new) - later) is distinct from (to_jsonb(old) - later)
     or (old.approved_at is not null and (old.approved_at, old.approved_by, old.approved_by_id)
         is distinct from (new.approved_at, new.approved_by, new.approved_by_id))
     or (old.read_at is not null and (old.read_at, old.read_by)
         is distinct from (new.read_at, new.read_by)) then
    raise exception 'an unblinding is never changed' using errcode = 'insufficient_privilege';
  end if;
  if old.approved_at is null and new.approved_at is not null
     and (sealed.study_lock()).id is null then
    raise exception 'the study is not locked' using errcode = 'SE020';
  end if;
  return new;
end $$;
create trigger unblinding_rules before insert or update on randomization_unblinding
  for each row execute function sealed.unblinding_rules();
create trigger unblinding_remains before delete on randomization_unblinding
  for each statement execute function audit_refuse();
create trigger audit_append_only before update or delete on randomization_wholearned
  for each statement execute function audit_refuse();
"""

EMERGENCY = """
-- Both rows, the act and the notices: all of it, or nothing. Whoever acts is who the transaction
-- says, and must be an investigator of the participant's site.
create function sealed.request_arm(participant bigint, of_category text, why text)
returns bigint language plpgsql security definer
set search_path = pg_catalog, sealed, public, pg_temp as $$
declare
  c jsonb := audit_context();
  person public.patients_participant;
  asked bigint;
  made bigint;
begin
  select p.* into person from public.patients_participant p where p.id = participant for key share;
  if not exists (select from sealed.slot s where s.participant_id = participant) then
    raise exception 'nobody to unblind' using errcode = 'SE023';
  end if;
  if not sealed.holds((c->>'actor_id')::bigint, 'investigator', person.site_id) then
    raise exception 'not an investigator of the site' using errcode = 'insufficient_privilege';
  end if;
  insert into sealed.access (kind, participant_id, reason, asked_by, asked_by_id)
  values ('participant', participant, why, c->>'actor', (c->>'actor_id')::bigint)
  returning id into asked;
  insert into public.randomization_unblinding (participant_id, kind, category, reason,
    requested_at, requested_by, requested_by_id, access_id)
  values (participant, 'emergency', of_category, why, now(), c->>'actor',
          (c->>'actor_id')::bigint, asked)
  returning id into made;
  perform public.audit_act('unblinding_requested', 'randomization_unblinding', made::text,
    jsonb_build_object('category', of_category), person.site_id, person.id, null);
  insert into public.inbox_item (kind, cause, site_id, role, participant_id, participant_code,
    params, created_at, note, mail)
  select 'unblinding', 'unblinding:' || made || ':' || told, person.site_id, told, person.id,
         person.code, jsonb_build_object('kind', 'emergency', 'category', of_category,
         'unblinding', made), now(), '', 'waiting'
  from unnest(array['sponsor', 'safety']) told;
  return made;
end $$;

-- The arm, to the person who asked, once.
create or replace function sealed.read_arm(request bigint) returns text
language plpgsql security definer set search_path = pg_catalog, sealed, public, pg_temp as $$
declare
  c jsonb := audit_context();
  r sealed.access := sealed.wish(request, 'participant');
  u public.randomization_unblinding;
begin
  if r.asked_by_id is distinct from (c->>'actor_id')::bigint then
    raise exception 'the request of somebody else' using errcode = 'SE024';
  end if;
  update public.randomization_unblinding x set read_at = clock_timestamp(), read_by = c->>'actor'
    where x.access_id = request returning x.* into u;
  if not found then
    raise exception 'no unblinding is recorded' using errcode = 'SE010';
  end if;
  perform public.audit_act('unblinded', 'randomization_unblinding', u.id::text, '{}',
    (select p.site_id from public.patients_participant p where p.id = u.participant_id),
    u.participant_id, null);
  return (select s.arm from sealed.slot s where s.participant_id = r.participant_id);
end $$;
"""

PLANNED = """
-- The planned unblinding that two people agreed on since the study was locked.
create function sealed.agreed() returns bigint language plpgsql
set search_path = pg_catalog, sealed, public, pg_temp as $$
declare
  held public.quality_hold := sealed.study_lock();
  found_id bigint;
begin
  if held.id is null then
    raise exception 'the study is not locked' using errcode = 'SE020';
  end if;
  select u.id into found_id from public.randomization_unblinding u
    where u.kind = 'planned' and u.approved_at > held.placed_at order by u.id desc limit 1;
  if found_id is null then
    raise exception 'not approved since it was locked' using errcode = 'SE021';
  end if;
  if not sealed.holds((audit_context()->>'actor_id')::bigint, 'statistician', null) then
    raise exception 'not the statistician' using errcode = 'insufficient_privilege';
  end if;
  return found_id;
end $$;

create function sealed.request_all(why text) returns bigint
language plpgsql security definer set search_path = pg_catalog, sealed, public, pg_temp as $$
declare
  c jsonb := audit_context();
  asked bigint;
begin
  perform sealed.agreed();
  insert into sealed.access (kind, reason, asked_by, asked_by_id)
  values ('all', why, c->>'actor', (c->>'actor_id')::bigint) returning id into asked;
  return asked;
end $$;

create function sealed.read_all(request bigint)
returns table (participant text, number text, stratum text, slot int, arm text)
language plpgsql security definer set search_path = pg_catalog, sealed, public, pg_temp as $$
declare
  c jsonb := audit_context();
  of_unblinding bigint := sealed.agreed();
  r sealed.access := sealed.wish(request, 'all');
begin
  if r.asked_by_id is distinct from (c->>'actor_id')::bigint then
    raise exception 'the request of somebody else' using errcode = 'SE024';
  end if;
  update public.randomization_unblinding x set read_at = clock_timestamp(), read_by = c->>'actor'
    where x.id = of_unblinding and x.read_at is null;
  perform public.audit_act('unblinded', 'randomization_unblinding', of_unblinding::text, '{}',
    null, null, null);
  return query
    select p.code::text, a.number::text, s.stratum, s.number, s.arm
    from sealed.slot s
    join public.patients_participant p on p.id = s.participant_id
    left join public.randomization_allocation a on a.participant_id = p.id
    order by p.code;
end $$;
"""

RIGHTS = """
revoke all on function sealed.events(), sealed.holds(bigint, text, bigint), sealed.study_lock(),
  sealed.unblinding_rules(), sealed.request_arm(bigint, text, text), sealed.agreed(),
  sealed.request_all(text), sealed.read_all(bigint) from public, ct_app, ct_sealed;
revoke all on function sealed.canonical(sealed.event), sealed.leaf(sealed.event),
  sealed.root(bytea, bigint[], bytea) from ct_sealed;
grant execute on function sealed.events(), sealed.request_arm(bigint, text, text),
  sealed.request_all(text), sealed.read_all(bigint) to ct_sealed;
grant select on randomization_unblinding to ct_sealed;
revoke update, delete, truncate on randomization_unblinding, randomization_wholearned from ct_app;
grant update (approved_at, approved_by, approved_by_id) on randomization_unblinding to ct_app;
"""


def create() -> str:
    """All of it, in order."""
    return ACCESS + RULES + EMERGENCY + PLANNED + RIGHTS
