"""The database's logins and rights, the same in development, in tests and in production.

ct_owner   owns the database and migrates; no process that serves people uses it
ct_app     web, worker and sweeper: reads, inserts and updates; DELETE only where a migration
           grants it on a technical table; never TRUNCATE, never owner
ct_sealed  pharmacy and unblinding; may connect, all else is granted with the sealed schema

    ADMIN_DATABASE_URL=postgres://postgres:...@host/postgres python -m trial.database

reads the other three logins' passwords and the database's name from DATABASE_URL,
OWNER_DATABASE_URL and SEALED_DATABASE_URL. It may be run again at any time.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from urllib.parse import unquote, urlsplit, urlunsplit

import psycopg2
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a class with a lower-case name
from psycopg2.sql import SQL, Composable, Identifier, Literal

OWNER, APP, SEALED = "ct_owner", "ct_app", "ct_sealed"
LOGINS = (OWNER, APP, SEALED)
VARIABLES = {"DATABASE_URL": APP, "OWNER_DATABASE_URL": OWNER, "SEALED_DATABASE_URL": SEALED}
NO_POWERS = SQL("LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS")
LIMITS = {
    # A page that takes half a minute is lost anyway; a lock is waited for, then reported.
    APP: {
        "statement_timeout": "30s",
        "lock_timeout": "5s",
        "idle_in_transaction_session_timeout": "60s",
        "timezone": "UTC",
        "log_error_verbosity": "terse",  # a detail may name values of a sealed row (F-041)
    },
    SEALED: {
        "statement_timeout": "30s",
        "lock_timeout": "5s",
        "idle_in_transaction_session_timeout": "60s",
        "timezone": "UTC",
        "log_error_verbosity": "terse",
    },
    # A migration may take long, but must not queue behind a long read and stop everybody else.
    OWNER: {"lock_timeout": "10s", "timezone": "UTC"},
}


def elsewhere(url: str, name: str) -> str:
    """The same server and login, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


@contextmanager
def connected(url: str) -> Iterator[Cursor]:
    """A cursor that commits each statement."""
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            yield cursor


def prepare(admin_url: str, name: str, passwords: Mapping[str, str]) -> None:
    """Create or mend logins, database and rights; the state afterwards is always the same.

    `admin_url` logs in as a superuser, `passwords` has one entry for each of LOGINS.
    """
    with connected(admin_url) as cursor:
        for login in LOGINS:
            ensure_login(cursor, login, passwords[login])
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if cursor.fetchone() is None:
            cursor.execute(
                SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'").format(
                    Identifier(name), Identifier(OWNER)
                )
            )
        close_to_public(cursor, name)
    with connected(elsewhere(admin_url, name)) as cursor:
        grant_rights(cursor)


def ensure_login(cursor: Cursor, login: str, password: str) -> None:
    """A login without powers, with this password and its limits."""
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [login])
    verb = SQL("ALTER") if cursor.fetchone() else SQL("CREATE")
    cursor.execute(
        SQL("{} ROLE {} {} PASSWORD {}").format(
            verb, Identifier(login), NO_POWERS, Literal(password)
        )
    )
    for setting, value in LIMITS[login].items():
        cursor.execute(
            SQL("ALTER ROLE {} SET {} = {}").format(
                Identifier(login), Identifier(setting), Literal(value)
            )
        )


def drop(cursor: Cursor, name: str) -> None:
    """Drop a database if it is there; whoever is connected is cut off."""
    run(cursor, SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))


def close_to_public(cursor: Cursor, name: str) -> None:
    """Only our logins connect. PostgreSQL does not copy this from a template database."""
    here = Identifier(name)
    run(cursor, SQL("ALTER DATABASE {} OWNER TO {}").format(here, Identifier(OWNER)))
    run(cursor, SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(here))
    for login in (APP, SEALED):
        run(cursor, SQL("GRANT CONNECT ON DATABASE {} TO {}").format(here, Identifier(login)))
    # A past state is laid out in temporary tables (reports/past.py). Functions that run with
    # their owner's rights look at temporary names last, which a test makes sure of.
    run(cursor, SQL("GRANT TEMPORARY ON DATABASE {} TO {}").format(here, Identifier(APP)))


def grant_rights(cursor: Cursor) -> None:
    """What ct_app may do with tables that ct_owner will make: no DELETE, no TRUNCATE."""
    run(cursor, SQL("ALTER SCHEMA public OWNER TO {}").format(Identifier(OWNER)))
    run(cursor, SQL("REVOKE ALL ON SCHEMA public FROM PUBLIC"))
    run(cursor, SQL("GRANT USAGE ON SCHEMA public TO {}").format(Identifier(APP)))
    for rights in ("SELECT, INSERT, UPDATE ON TABLES", "USAGE, SELECT ON SEQUENCES"):
        run(
            cursor,
            SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {} IN SCHEMA public GRANT {} TO {}").format(
                Identifier(OWNER),
                SQL(rights),
                Identifier(APP),
            ),
        )
    run(cursor, SQL(WATCH))


# Whoever drops or switches off a trigger of the trail leaves an event. Event triggers belong
# to a superuser, so that the owner of the tables can't take this one away.
WATCH = """
create or replace function audit_ddl() returns event_trigger language plpgsql security definer
set search_path = pg_catalog, public, pg_temp as $$
declare
  what text[];
begin
  if to_regclass('public.audit_generation') is null then return; end if;
  if tg_event = 'sql_drop' then
    select array_agg('dropped: ' || object_identity) into what
    from pg_event_trigger_dropped_objects()
    where object_type = 'trigger' and original and object_identity ~ '^(history|audit|hold)_';
  else
    select array_agg(distinct 'switched off: ' || t.tgname || ' on ' || c.objid::regclass::text)
      into what
    from pg_event_trigger_ddl_commands() c join pg_trigger t on t.tgrelid = c.objid
    where c.command_tag = 'ALTER TABLE' and t.tgenabled <> 'O'
      and t.tgname ~ '^(history|audit|hold)_';
  end if;
  if what is null then return; end if;
  insert into audit_event (actor, actor_role, actor_site, request_id, reason, generation, kind,
                           table_name, record_id, details)
  values ('database:' || session_user, 'database', '', '', '', audit_generation_now(),
          'act:guard_removed', 'pg_trigger', '', jsonb_build_object('what', what));
end $$;
drop event trigger if exists audit_ddl_end;
drop event trigger if exists audit_ddl_drop;
create event trigger audit_ddl_end on ddl_command_end when tag in ('ALTER TABLE')
  execute function audit_ddl();
create event trigger audit_ddl_drop on sql_drop execute function audit_ddl();
"""


def run(cursor: Cursor, statement: Composable) -> None:
    cursor.execute(statement)


def from_environment(environ: Mapping[str, str]) -> tuple[str, str, dict[str, str]]:
    """Arguments of prepare(); raises ValueError with a sentence for the operator."""
    missing = [name for name in ("ADMIN_DATABASE_URL", *VARIABLES) if not environ.get(name)]
    if missing:
        raise ValueError(f"Not set: {', '.join(missing)}.")
    passwords, names = {}, set()
    for variable, login in VARIABLES.items():
        parts = urlsplit(environ[variable])
        if parts.username != login or not parts.password:
            raise ValueError(f"{variable} must log in as {login} with a password.")
        passwords[login] = unquote(parts.password)
        names.add(parts.path.lstrip("/"))
    if len(names) != 1:
        raise ValueError(f"{', '.join(VARIABLES)} must name the same database.")
    return environ["ADMIN_DATABASE_URL"], names.pop(), passwords


def main() -> int:
    try:
        prepare(*from_environment(os.environ))
    except (ValueError, psycopg2.Error) as error:
        print(str(error).strip(), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
