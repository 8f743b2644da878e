"""The database's side of freeze and lock: no write gets past it, whichever way it comes (R-21).

`lockable(table, form)` puts three statement-level triggers on a table. Each first takes the shared
side of one advisory lock, whose exclusive side is taken by whoever places or releases a hold
(trial/quality/services/holds.py): so a write that is under way is waited for, and one that begins
later sees the hold. Then, at no further cost as long as nothing is held, it compares the subjects
of the rows (`subject_of_<table>`, trial/audit/operations.py) with the standing holds, and raises
SQLSTATE LK001 with the hold as its detail.

What is not refused: a change of bookkeeping columns alone, such as a version that is counted up or
a planned window that moves with day 0. It changes nothing that was observed, breaks no signature
(trial/audit/operations.BOOKKEEPING says the same), and must not make the correction of an open
visit fail because another one is locked. Tables that hold what was computed (evaluations, series,
scores) are not lockable: they follow from what is locked, a new version of a rule has to be able
to compute them anew, and nothing of them is overwritten (R-22).

A function in plpgsql takes a new snapshot for each of its statements under READ COMMITTED, which
is what every service of this system runs under: after the wait for the advisory lock, the hold
that was just placed is seen.
"""

from collections.abc import Sequence

from django.db.migrations.operations import RunSQL

from trial.audit.operations import BOOKKEEPING

ADVISORY_KEY = 7_114_021  # this system's own; labs/services/imports.py uses the two-key space
LOCKED = "LK001"

_FUNCTION = """
create or replace function holds_on_{table}() returns trigger language plpgsql
set search_path = pg_catalog, public, pg_temp as $$
declare
  h quality_hold;
  bookkeeping constant text[] := '{{{bookkeeping}}}';
  touched jsonb[];
begin
  perform pg_advisory_xact_lock_shared({key});
  if not exists (select from quality_hold where released_at is null) then return null; end if;
  if tg_op = 'INSERT' then
    select array_agg(to_jsonb(n)) into touched from new_rows n;
  elsif tg_op = 'DELETE' then
    select array_agg(to_jsonb(o)) into touched from old_rows o;
  else
    select array_agg(o.j) || array_agg(n.j) into touched
    from (select to_jsonb(t) as j from old_rows t) o
    full join (select to_jsonb(t) as j from new_rows t) n on n.j->>'id' = o.j->>'id'
    where o.j is null or n.j is null or audit_changed(o.j, n.j, bookkeeping) <> '{{}}';
  end if;
  select q.* into h
  from (
    select distinct s.site_id, s.participant_id, s.visit_id
    from unnest(touched) r (j) left join lateral subject_of_{table}(r.j) s on true
    where r.j is not null
  ) s
  join quality_hold q on q.released_at is null and (
    q.scope = 'study'
    or q.scope = 'site' and q.site_id = s.site_id
    or q.scope = 'participant' and q.participant_id = s.participant_id
    or q.scope = 'visit' and q.visit_id = s.visit_id
    or q.scope = 'form' and q.form = '{form}' and q.participant_id = s.participant_id
       and q.visit_id is not distinct from s.visit_id
    -- whose row it was can't be said any more: it may be one that is held
    or s.site_id is null)
  order by q.kind desc, q.id limit 1;
  if found then
    raise exception 'the record is held: % of % since % by %', h.kind, h.scope, h.placed_at,
      h.placed_by using errcode = '{code}', detail = to_jsonb(h)::text, table = tg_table_name;
  end if;
  return null;
end $$;
revoke all on function holds_on_{table}() from public;
create or replace trigger hold_insert after insert on {table}
  referencing new table as new_rows for each statement execute function holds_on_{table}();
create or replace trigger hold_update after update on {table}
  referencing old table as old_rows new table as new_rows
  for each statement execute function holds_on_{table}();
create or replace trigger hold_delete after delete on {table}
  referencing old table as old_rows for each statement execute function holds_on_{table}();
"""
_UNDO = """
drop trigger hold_insert on {table};
drop trigger hold_update on {table};
drop trigger hold_delete on {table};
drop function holds_on_{table}();
"""


def lockable(table: str, form: str, *, bookkeeping: Sequence[str] = ()) -> RunSQL:
    """Migration operation: rows of `table`, part of `form`, can be frozen and locked from now on.

    The table is under history with a subject; `bookkeeping` are the columns that it named there.
    """
    sql = _FUNCTION.format(
        table=table,
        form=form,
        key=ADVISORY_KEY,
        code=LOCKED,
        bookkeeping=",".join((*BOOKKEEPING, *bookkeeping)),
    )
    return RunSQL(sql, _UNDO.format(table=table))
