"""SQL of the cell laboratory: donors, what a lot is made of, its tests and dispositions.

Tests and dispositions are added, never changed. A lot is made in quarantine and becomes something
else only together with a signed disposition: the database itself sees to that.
"""

from trial.audit.operations import track_sql

TABLES = """
create table sealed.donor (
  id bigint generated always as identity primary key,
  code text not null constraint donor_code_once unique
    constraint donor_code_is_coded check (code ~ '^[A-Z0-9][A-Z0-9-]{1,19}$'),
  collected_on date,
  screening text not null default '' constraint donor_screening_known
    check (screening in ('', 'negative', 'positive')),
  file_reference text not null default '',
  version int not null default 1,
  recorded_at timestamptz not null default now(),
  recorded_by text not null
);

alter table sealed.lot
  add donor_id bigint references sealed.donor,
  add protocol_version text not null default '1.0',
  add master_bank text not null default '',
  add working_bank text not null default '',
  add culture_medium text not null default '',
  add passage int constraint lot_passage_counts check (passage between 0 and 50),
  add harvested_on date,
  add manufactured_at timestamptz,
  add formulation text not null default '',
  add anticoagulant text not null default 'none' constraint lot_anticoagulant_known
    check (anticoagulant in ('none', 'heparin', 'acd_a', 'cpd')),
  add anticoagulant_amount text not null default '',
  add bag_material text not null default '',
  add bag_volume_ml numeric(6, 1) constraint lot_volume_positive check (bag_volume_ml > 0),
  add total_cells numeric(10, 2) constraint lot_total_not_negative check (total_cells >= 0),
  add viable_cells numeric(10, 2) constraint lot_viable_not_negative check (viable_cells >= 0),
  add coa_name text not null default '',
  add coa_sha256 text not null default '' constraint lot_coa_is_a_hash
    check (coa_sha256 = '' or coa_sha256 ~ '^[0-9a-f]{64}$'),
  add version int not null default 1,
  add constraint lot_viable_within_total check (viable_cells <= total_cells),
  add constraint lot_coa_whole check ((coa_name = '') = (coa_sha256 = '')),
  add constraint lot_made_before_it_expires check (manufactured_at < expires_at);
create index lot_donor on sealed.lot (donor_id);

create table sealed.lot_test (
  id bigint generated always as identity primary key,
  lot_id bigint not null references sealed.lot,
  code text not null,
  number int not null constraint lot_test_counts_from_one check (number >= 1),
  value numeric(12, 4),
  choice text not null default '',
  tested_on date,
  reason text not null default '',
  recorded_at timestamptz not null default now(),
  recorded_by text not null,
  constraint lot_test_once unique (lot_id, code, number),
  constraint lot_test_one_result check (value is null or choice = ''),
  constraint lot_test_correction_says_why check (number = 1 or length(trim(reason)) > 0)
);

create table sealed.lot_disposition (
  id bigint generated always as identity primary key,
  lot_id bigint not null references sealed.lot,
  number int not null constraint lot_disposition_counts_from_one check (number >= 1),
  before text not null,
  disposition text not null,
  meaning text not null,
  reason text not null default '',
  follow_up_on date,
  signer_id bigint,
  printed_name text not null,
  role text not null,
  signed_at timestamptz not null,
  signed_by text not null,
  head jsonb not null,
  record jsonb not null,
  sha256 text not null constraint lot_disposition_is_hashed check (sha256 ~ '^[0-9a-f]{64}$'),
  constraint lot_disposition_once unique (lot_id, number),
  constraint lot_disposition_is_a_step check ((before, disposition) in (
    ('quarantine', 'released'), ('quarantine', 'conditional'), ('quarantine', 'rejected'),
    ('conditional', 'released'), ('conditional', 'recalled'), ('released', 'recalled'),
    ('rejected', 'destroyed'), ('recalled', 'destroyed'))),
  constraint lot_disposition_condition_is_followed_up
    check ((disposition = 'conditional') = (follow_up_on is not null))
);

-- Pages over lots, donors and contents: what was read stands in `object`.
alter table sealed.access add object text not null default '';
alter table sealed.access drop constraint access_kind_known;
alter table sealed.access add constraint access_kind_known
  check (kind in ('participant', 'list', 'all', 'product'));
"""

GUARDS = """
create trigger audit_append_only before update or delete on sealed.lot_test
  for each statement execute function audit_refuse();
create trigger audit_append_only before update or delete on sealed.lot_disposition
  for each statement execute function audit_refuse();

create function sealed.lot_is_signed() returns trigger language plpgsql security definer
set search_path = pg_catalog, sealed, public, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    if new.disposition = 'quarantine' then return new; end if;
  elsif new.disposition = old.disposition then
    return new;
  elsif (select (d.before, d.disposition) = (old.disposition, new.disposition)
         from sealed.lot_disposition d where d.lot_id = new.id
         order by d.number desc limit 1) then
    return new;
  end if;
  raise exception 'a disposition without a signature' using errcode = 'insufficient_privilege';
end $$;
create trigger lot_is_signed before insert or update on sealed.lot
  for each row execute function sealed.lot_is_signed();
revoke all on function sealed.lot_is_signed() from public;
"""

RIGHTS = """
revoke all on sealed.donor, sealed.lot_test, sealed.lot_disposition from public, ct_app;
grant insert (object) on sealed.access to ct_sealed;
grant select, insert, update on sealed.donor to ct_sealed;
grant select, insert on sealed.lot_test, sealed.lot_disposition to ct_sealed;
"""

UNDO = """
alter table sealed.access drop constraint access_kind_known;
alter table sealed.access add constraint access_kind_known
  check (kind in ('participant', 'list', 'all'));
alter table sealed.access drop object;
drop trigger lot_is_signed on sealed.lot;
drop function sealed.lot_is_signed();
drop table sealed.lot_disposition, sealed.lot_test;
alter table sealed.lot
  drop donor_id, drop protocol_version, drop master_bank, drop working_bank, drop culture_medium,
  drop passage, drop harvested_on, drop manufactured_at, drop formulation, drop anticoagulant,
  drop anticoagulant_amount, drop bag_material, drop bag_volume_ml, drop total_cells,
  drop viable_cells, drop coa_name, drop coa_sha256, drop version;
drop table sealed.donor;
"""


def create() -> str:
    """All of it, in order."""
    tracked = ("donor", "lot_test", "lot_disposition")
    history = [track_sql(f"sealed.{table}", rows="sealed.rows") for table in tracked]
    return "\n".join([TABLES, *history, GUARDS, RIGHTS])
