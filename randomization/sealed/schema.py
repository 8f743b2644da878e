"""SQL of the sealed schema (integrity rules §3.4; docs/adr/0014).

ct_app, the login of web, worker and sweeper, may call two functions and read nothing. ct_sealed,
the login of pharmacy and unblinding, reads lots and contents of bags; slots it can only add.
Functions of ct_owner do the rest. Errors carry a code and no value: SE001 no list in force, SE002
the stratum's list is at its end, SE003 not enough product at the site, SE004 not to be allocated.
"""

from randomization.sealed.allocate_sql import ALLOCATE
from trial.audit.chain import seals
from trial.audit.operations import rows_function, track_sql

TABLES = """
create schema sealed;
revoke all on schema sealed from public;
grant usage on schema sealed to ct_app, ct_sealed;

create table sealed.event (like public.audit_event including all);
revoke all on sealed.event from public, ct_app;
create trigger audit_append_only before update or delete on sealed.event
  for each statement execute function audit_refuse();
create trigger audit_no_truncate before truncate on sealed.event
  for each statement execute function audit_refuse();

create table sealed.list (
  id bigint generated always as identity primary key,
  method text not null constraint list_method_known
    check (method in ('blocks', 'file', 'minimisation')),
  algorithm text not null,
  design jsonb not null,
  seed bytea,
  salt bytea not null constraint list_salt_hides check (octet_length(salt) = 32),
  checksum text not null,
  commitment text not null constraint list_commitment_is_a_hash
    check (commitment ~ '^[0-9a-f]{64}$'),
  slots int not null constraint list_has_slots check (slots > 0),
  strata text[] not null,
  state text not null default 'draft' constraint list_state_known
    check (state in ('draft', 'active', 'closed')),
  made_at timestamptz not null default now(),
  made_by text not null,
  activated_at timestamptz,
  activated_by text,
  constraint list_activated_by_somebody check ((activated_at is null) = (activated_by is null)),
  constraint list_active_was_activated check (state = 'draft' or activated_at is not null)
);
create unique index list_one_in_force on sealed.list ((true)) where state = 'active';
create unique index list_imported_once on sealed.list (checksum) where method = 'file';

create table sealed.stratum (
  list_id bigint not null references sealed.list,
  code text not null,
  primary key (list_id, code)
);

-- A slot of a minimisation has no arm before it is taken: it holds the draw, 0 to 9999, that will
-- decide together with who has been allocated until then.
create table sealed.slot (
  id bigint generated always as identity primary key,
  list_id bigint not null,
  stratum text not null,
  number int not null constraint slot_counts_from_one check (number >= 1),
  block int not null default 0,
  arm text,
  draw int constraint slot_draw_in_range check (draw between 0 and 9999),
  levels jsonb,
  participant_id bigint constraint slot_participant_once unique,
  taken_at timestamptz,
  foreign key (list_id, stratum) references sealed.stratum (list_id, code),
  constraint slot_place_once unique (list_id, stratum, number),
  constraint slot_decides check (arm is not null or draw is not null),
  constraint slot_taken_is_decided check (participant_id is null or arm is not null),
  constraint slot_taken_at_a_time check ((participant_id is null) = (taken_at is null))
);
create index slot_free on sealed.slot (list_id, stratum, number) where participant_id is null;

create table sealed.lot (
  id bigint generated always as identity primary key,
  number text not null constraint lot_number_once unique,
  arm text not null,
  expires_at timestamptz not null,
  disposition text not null default 'quarantine' constraint lot_disposition_known check (
    disposition in ('quarantine', 'released', 'conditional', 'rejected', 'recalled', 'destroyed')),
  made_at timestamptz not null default now(),
  made_by text not null
);

-- `turn`: the secret order, drawn within a shipment, in which bags are given out. Were it one that
-- people see, a bag that is passed over would tell that it holds another arm than the one taken.
create table sealed.bag_content (
  bag_id bigint primary key references public.visits_bag,
  lot_id bigint not null references sealed.lot,
  turn int not null constraint bag_content_turn_counts_from_one check (turn >= 1)
);
create index bag_content_lot on sealed.bag_content (lot_id);

-- Every wish to read what is sealed, before it is read. `xid`: a wish counts once it is committed.
create table sealed.access (
  id bigint generated always as identity primary key,
  xid xid8 not null default pg_current_xact_id(),
  kind text not null constraint access_kind_known check (kind in ('participant', 'list', 'all')),
  participant_id bigint,
  list_id bigint references sealed.list,
  reason text not null constraint access_says_why check (length(trim(reason)) >= 10),
  asked_at timestamptz not null default now(),
  asked_by text not null,
  asked_by_id bigint,
  read_at timestamptz,
  constraint access_names_its_object check (
    (kind = 'participant') = (participant_id is not null)
    and (kind = 'list') = (list_id is not null))
);
"""

GUARDS = """
-- A slot once taken is taken, an arm once decided stays; a list in force is never a draft again.
create function sealed.slot_stays() returns trigger language plpgsql as $$
begin
  if old.participant_id is not null or (old.arm is not null and old.arm is distinct from new.arm)
     or (old.list_id, old.stratum, old.number, old.block, old.draw)
        is distinct from (new.list_id, new.stratum, new.number, new.block, new.draw) then
    raise exception 'a slot is never changed' using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;
create trigger slot_stays before update on sealed.slot
  for each row execute function sealed.slot_stays();
-- A list that is published or used gets no further slot.
create function sealed.slot_joins_a_draft() returns trigger language plpgsql security definer
set search_path = pg_catalog, sealed, public, pg_temp as $$
begin
  if not exists (select from sealed.list l where l.id = new.list_id and l.state = 'draft') then
    raise exception 'a list is made at once' using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;
create trigger slot_joins_a_draft before insert on sealed.slot
  for each row execute function sealed.slot_joins_a_draft();
create trigger slot_remains before delete on sealed.slot
  for each statement execute function audit_refuse();

-- No allocation without its slot: the row that everybody sees rests on one that nobody sees.
create function sealed.allocation_has_slot() returns trigger language plpgsql security definer
set search_path = pg_catalog, sealed, public, pg_temp as $$
begin
  if not exists (select from sealed.slot s where s.participant_id = new.participant_id
                 and s.stratum in (new.stratum, 'all') and s.number = new.slot) then
    raise exception 'an allocation without a slot' using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;
create trigger allocation_has_slot before insert on randomization_allocation
  for each row execute function sealed.allocation_has_slot();
create trigger audit_append_only before update or delete on randomization_allocation
  for each statement execute function audit_refuse();
create trigger audit_append_only before update or delete on randomization_listcommitment
  for each statement execute function audit_refuse();
create trigger audit_append_only before update or delete on visits_bagmovement
  for each statement execute function audit_refuse();
"""

LISTS = """
-- A draft takes force, for good: the one before it is closed.
create function sealed.activate(draft bigint, who text) returns void
language plpgsql security definer set search_path = pg_catalog, sealed, public, pg_temp as $$
begin
  perform audit_context();
  -- A list that goes on where another has ended counts on from it: no number is given twice.
  if exists (
    select from sealed.slot mine join sealed.slot used on used.stratum = mine.stratum
      and used.list_id <> mine.list_id and used.participant_id is not null
      and used.number >= mine.number
    where mine.list_id = draft
  ) then
    raise exception 'its numbers were given before' using errcode = 'SE005';
  end if;
  update sealed.list set state = 'closed' where state = 'active';
  update sealed.list set state = 'active', activated_at = clock_timestamp(), activated_by = who
    where id = draft and state = 'draft';
  if not found then raise exception 'not a draft' using errcode = 'SE001'; end if;
end $$;

-- How far each stratum has come; no arm in it.
create function sealed.progress(of_list bigint)
returns table (stratum text, slots bigint, taken bigint) language sql stable security definer
set search_path = pg_catalog, sealed, public, pg_temp as $$
  select s.stratum, count(*), count(s.participant_id) from sealed.slot s
  where s.list_id = of_list group by 1 order by 1
$$;
"""

READING = """
-- What is sealed is read in two steps, in two transactions: the wish is committed first, so that no
-- rollback, crash or lost connection hides a reading (integrity rules, finding 13).
create function sealed.wish(request bigint, of_kind text) returns sealed.access
language plpgsql security definer set search_path = pg_catalog, sealed, public, pg_temp as $$
declare r sealed.access;
begin
  select x.* into r from sealed.access x where x.id = request and x.kind = of_kind for update;
  if not found or r.xid = pg_current_xact_id() then
    raise exception 'the request is not committed' using errcode = 'SE010';
  end if;
  if r.read_at is not null then
    raise exception 'the request was used' using errcode = 'SE011';
  end if;
  if r.asked_at < clock_timestamp() - interval '10 minutes' then
    raise exception 'the request has expired' using errcode = 'SE012';
  end if;
  update sealed.access set read_at = clock_timestamp() where id = request;
  return r;
end $$;

create function sealed.read_arm(request bigint) returns text
language plpgsql security definer set search_path = pg_catalog, sealed, public, pg_temp as $$
declare r sealed.access := sealed.wish(request, 'participant');
begin
  return (select s.arm from sealed.slot s where s.participant_id = r.participant_id);
end $$;

create function sealed.read_list(request bigint)
returns table (stratum text, number int, block int, arm text, draw int, levels jsonb,
               participant_id bigint)
language plpgsql security definer set search_path = pg_catalog, sealed, public, pg_temp as $$
declare r sealed.access := sealed.wish(request, 'list');
begin
  if r.asked_by_id is distinct from (audit_context()->>'actor_id')::bigint then
    raise exception 'the request of somebody else' using errcode = 'SE024';
  end if;
  return query select s.stratum, s.number, s.block, s.arm, s.draw, s.levels, s.participant_id
    from sealed.slot s where s.list_id = r.list_id order by s.id;
end $$;
"""

RIGHTS = """
revoke all on all tables in schema sealed from public, ct_app, ct_sealed;
revoke all on all functions in schema sealed from public, ct_app, ct_sealed;
grant execute on function sealed.allocate(bigint, text, jsonb, int, timestamptz),
  sealed.bags_for(bigint, bigint, int, timestamptz) to ct_app;

-- Only what a draft has: not that it is in force, not who was given a slot.
grant insert (method, algorithm, design, seed, salt, checksum, commitment, slots, strata, made_by)
  on sealed.list to ct_sealed;
grant insert (list_id, stratum, number, block, arm, draw) on sealed.slot to ct_sealed;
grant insert on sealed.stratum to ct_sealed;
grant select (id, method, algorithm, design, checksum, commitment, slots, strata, state, made_at,
              made_by, activated_at, activated_by) on sealed.list to ct_sealed;
grant select, insert, update on sealed.lot to ct_sealed;
grant select, insert on sealed.bag_content to ct_sealed;
-- Not `xid` and `asked_at`: a wish that says of itself that it was committed could be undone.
grant select, insert (kind, list_id, reason, asked_by, asked_by_id, read_at)
  on sealed.access to ct_sealed;
grant select on sealed.event, sealed.seal, sealed.redacted to ct_sealed;
grant execute on function sealed.activate(bigint, text), sealed.progress(bigint),
  sealed.read_arm(bigint), sealed.read_list(bigint) to ct_sealed;
grant execute on function sealed.seal_now(), sealed.verify(), sealed.canonical(sealed.event),
  sealed.leaf(sealed.event), sealed.root(bytea, bigint[], bytea) to ct_sealed;

-- What pharmacy and unblinding write where everybody may read it: bags that are packed, the
-- commitment to a list.
grant usage on schema public to ct_sealed;
grant select on visits_shipment, visits_bag, visits_bagmovement, patients_participant,
  access_site, visits_visit, quality_hold to ct_sealed;
grant insert on visits_shipment, visits_bag, visits_bagmovement, randomization_listcommitment
  to ct_sealed;
grant select on randomization_listcommitment to ct_sealed;
grant usage on all sequences in schema public to ct_sealed;
grant execute on function audit_act(text, text, text, jsonb, bigint, bigint, bigint) to ct_sealed;
grant execute on function audit_context() to ct_sealed;
revoke update, delete, truncate on visits_bagmovement, randomization_allocation,
  randomization_listcommitment from ct_app;
"""

UNDO = "drop schema sealed cascade;"


def create() -> str:
    """All of it, in order."""
    tracked = ("list", "stratum", "slot", "lot", "access")
    history = [
        track_sql(
            f"sealed.{table}",
            secret=SECRET.get(table, ()),
            rows="sealed.rows",
            pk=PK.get(table, "id"),
        )
        for table in tracked
    ]
    history.append(track_sql("sealed.bag_content", pk="bag_id", rows="sealed.rows"))
    return "\n".join(
        [
            TABLES,
            seals("sealed.", reader="ct_sealed"),
            rows_function(name="sealed.rows", event="sealed.event"),
            *history,
            GUARDS,
            ALLOCATE,
            LISTS,
            READING,
            RIGHTS,
        ]
    )


SECRET = {"list": ("seed", "salt")}
PK = {"stratum": "code"}
