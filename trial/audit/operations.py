"""Migration operations that put a table under history, and the SQL behind them.

One statement-level trigger per event and table: an UPDATE of ten thousand rows costs one
INSERT ... SELECT into audit_event (docs/adr/0002-history.md). A table whose rows belong to a site,
a participant or a visit has a function of its own that finds them (its subject); all others share
`audit_rows()`.
"""

from collections.abc import Sequence

from django.db.migrations.operations import RunSQL

# Columns that say how often and when a row was saved. A change of these alone is no change of
# what was observed: it breaks no signature and no verification.
BOOKKEEPING = ("version", "changed_at", "saved_at", "saved_by")

_ROWS = """
create or replace function {name}() returns trigger language plpgsql security definer
set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  c jsonb;
  g int;
  pk text := tg_argv[0];
  secret text[] := tg_argv[1:];
  bookkeeping constant text[] := '{{{bookkeeping}}}';
begin
  if tg_op = 'INSERT' then
    if not exists (select from new_rows) then return null; end if;
    c := audit_context();
    select max(number) into g from audit_generation;
    insert into {event} (actor_id, actor, actor_role, actor_site, request_id, reason,
                             generation, kind, table_name, record_id, new,
                             site_id, participant_id, visit_id)
    select (c->>'actor_id')::bigint, c->>'actor', c->>'role', c->>'site', c->>'request',
           c->>'reason', g, 'insert', tg_table_name, r.j->>pk, r.j{secret},
           s.site_id, s.participant_id, s.visit_id
    from (select to_jsonb(n) as j from new_rows n) r {subject};
  elsif tg_op = 'DELETE' then
    if not exists (select from old_rows) then return null; end if;
    c := audit_context();
    select max(number) into g from audit_generation;
    insert into {event} (actor_id, actor, actor_role, actor_site, request_id, reason,
                             generation, kind, table_name, record_id, old,
                             site_id, participant_id, visit_id)
    select (c->>'actor_id')::bigint, c->>'actor', c->>'role', c->>'site', c->>'request',
           c->>'reason', g, 'delete', tg_table_name, r.j->>pk, r.j{secret},
           s.site_id, s.participant_id, s.visit_id
    from (select to_jsonb(o) as j from old_rows o) r {subject};
  else
    if not exists (select from new_rows) then return null; end if;
    c := audit_context();
    select max(number) into g from audit_generation;
    insert into {event} (actor_id, actor, actor_role, actor_site, request_id, reason,
                             generation, kind, table_name, record_id, old, new, fields,
                             site_id, participant_id, visit_id)
    select (c->>'actor_id')::bigint, c->>'actor', c->>'role', c->>'site', c->>'request',
           c->>'reason', g, 'update', tg_table_name, r.j->>pk, r.was{secret}, r.j{secret},
           audit_changed(r.was, r.j, bookkeeping), s.site_id, s.participant_id, s.visit_id
    from (
      select coalesce(n.j, o.j) as j, o.j as was
      from (select to_jsonb(t) as j from old_rows t) o
      full join (select to_jsonb(t) as j from new_rows t) n on n.j->>pk = o.j->>pk
      where o.j is distinct from n.j
    ) r {subject};
  end if;
  return null;
end $$;
revoke all on function {name}() from public;
"""
_NO_SUBJECT = (
    "cross join (select null::bigint as site_id, null::bigint as participant_id,"
    " null::bigint as visit_id) s"
)


def rows_function(
    table: str = "",
    bookkeeping: Sequence[str] = (),
    *,
    secrets: bool = True,
    name: str = "audit_rows",
    event: str = "audit_event",
) -> str:
    """SQL of the trigger function: the shared one, or that of a table with a subject; writes to
    the table `event`."""
    return _ROWS.format(
        secret=" - secret" if secrets else "",
        name=f"history_of_{table}" if table else name,
        event=event,
        bookkeeping=",".join((*BOOKKEEPING, *bookkeeping)),
        subject=f"left join lateral subject_of_{table}(r.j) s on true" if table else _NO_SUBJECT,
    )


def subject_function(table: str, query: str) -> str:
    """SQL of `subject_of_<table>(r jsonb)`: whose row it is, wherever that is to be looked up."""
    return f"""
create or replace function subject_of_{table}(r jsonb)
returns table (site_id bigint, participant_id bigint, visit_id bigint)
language sql stable as $$ {query} $$;
"""


def track_sql(
    table: str,
    *,
    pk: str = "id",
    secret: Sequence[str] = (),
    subject: str = "",
    bookkeeping: Sequence[str] = (),
    rows: str = "audit_rows",
) -> str:
    """SQL that puts `table` under history; columns in `secret` never enter the trail. `rows`: the
    trigger function of a table without subject."""
    arguments = ", ".join(f"'{name}'" for name in (pk, *secret))
    function = f"history_of_{table}" if subject else rows
    call = f"for each statement execute function {function}({arguments})"
    own = (
        subject_function(table, subject) + rows_function(table, bookkeeping, secrets=bool(secret))
        if subject
        else ""
    )
    return f"""{own}
create or replace trigger history_insert after insert on {table}
  referencing new table as new_rows {call};
create or replace trigger history_update after update on {table}
  referencing old table as old_rows new table as new_rows {call};
create or replace trigger history_delete after delete on {table}
  referencing old table as old_rows {call};
create or replace trigger history_no_truncate before truncate on {table}
  for each statement execute function audit_refuse();
"""


def track(
    table: str,
    *,
    pk: str = "id",
    secret: Sequence[str] = (),
    subject: str = "",
    bookkeeping: Sequence[str] = (),
) -> RunSQL:
    """Migration operation: history for `table` from now on, or another way of keeping it.

    `subject`: a query over the row `r` (jsonb) for its (site_id, participant_id, visit_id), such
    as those of SUBJECTS; `bookkeeping`: more columns whose change alone is none.
    """
    names = ("history_insert", "history_update", "history_delete", "history_no_truncate")
    undo = "\n".join(f"drop trigger if exists {name} on {table};" for name in names)
    return RunSQL(
        track_sql(table, pk=pk, secret=secret, subject=subject, bookkeeping=bookkeeping), undo
    )


def backfill(*tables: str) -> RunSQL:
    """Migration operation: give events written before their table had a subject theirs."""
    return unsealed(
        "".join(
            f"update audit_event e set site_id = s.site_id, participant_id = s.participant_id,"
            f" visit_id = s.visit_id from audit_event o,"
            f" lateral subject_of_{table}(coalesce(o.new, o.old)) s"
            f" where e.id = o.id and o.table_name = '{table}' and o.participant_id is null;\n"
            for table in tables
        )
    )


def unsealed(statements: str) -> RunSQL:
    """Migration operation: complete events of the time before the first seal, if there are any."""
    return RunSQL(
        f"""
do $do$ begin
  if not exists (select from audit_event) then return; end if;
  if to_regclass('audit_seal') is not null and exists (select from audit_seal) then
    raise exception 'the trail is sealed: its events stay as they are';
  end if;
  alter table audit_event disable trigger audit_append_only;
  {statements}
  alter table audit_event enable trigger audit_append_only;
end $do$;""",
        RunSQL.noop,
    )


def of_site(column: str = "site_id") -> str:
    """The subject of a row that belongs to a site."""
    return f"select (r->>'{column}')::bigint, null::bigint, null::bigint"


def of_participant(column: str = "participant_id") -> str:
    """The subject of a row that belongs to a participant."""
    return (
        "select p.site_id, p.id, null::bigint from patients_participant p"
        f" where p.id = (r->>'{column}')::bigint"
    )


def of_visit(column: str = "visit_id") -> str:
    """The subject of a row that belongs to a visit."""
    return (
        "select p.site_id, p.id, v.id from visits_visit v"
        " join patients_participant p on p.id = v.participant_id"
        f" where v.id = (r->>'{column}')::bigint"
    )


def grant_delete(*tables: str) -> RunSQL:
    """Migration operation: technical tables whose rows the application may remove."""
    names = ", ".join(tables)
    return RunSQL(f"grant delete on {names} to ct_app", f"revoke delete on {names} from ct_app")
