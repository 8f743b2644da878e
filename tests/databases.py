"""Databases of the tests: one migrated template, from which each worker's database is copied.

The tests log in as ct_app, as production does, so that a missing right shows. Django's own way
(create, migrate and flush with one login) would need rights that ct_app must not have: what a
test has committed is removed by the administrator, with the history triggers out of force.
Deleting takes a twentieth of the time of TRUNCATE or of a new copy.

Most tests begin with the same people and places (`study.make_cast`). They are made once, by the
services, in the template; what that wrote, the trail included, is kept in the schema `stock`, and
`stock.lay_out()` puts it into the tables again, as it was, in one statement.
"""

import fcntl
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.core.management import call_command
from django.db import connections
from psycopg2.extensions import cursor as Cursor  # noqa: N812
from psycopg2.sql import SQL, Identifier

from tests.factories import study
from trial import database

TEMPLATE = "trial_template"


@contextmanager
def alone(name: str) -> Iterator[None]:
    """One worker of the run at a time."""
    with (Path(os.environ["DATA_DIR"]) / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def make_template() -> None:
    """Create and migrate the template as ct_owner, unless another worker has."""
    admin = database.elsewhere(os.environ["ADMIN_DATABASE_URL"], "postgres")
    with alone("template"):
        with database.connected(admin) as cursor:
            cursor.execute("SELECT datistemplate FROM pg_database WHERE datname = %s", [TEMPLATE])
            if cursor.fetchone() == (True,):
                return
        _, _, passwords = database.from_environment(os.environ)
        database.prepare(admin, TEMPLATE, passwords)
        with logged_in(os.environ["OWNER_DATABASE_URL"], TEMPLATE):
            call_command("migrate", verbosity=0, interactive=False)
        stock_up()
        with database.connected(admin) as cursor:
            cursor.execute(f"ALTER DATABASE {TEMPLATE} IS_TEMPLATE true ALLOW_CONNECTIONS false")


def stock_up() -> None:
    """Have the template keep the cast's rows in a schema of its own."""
    url = database.elsewhere(os.environ["ADMIN_DATABASE_URL"], TEMPLATE)
    cleaner = Cleaner(url)
    with database.connected(url) as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text")
        ((before,),) = cursor.fetchall()
        with logged_in(os.environ["DATABASE_URL"], TEMPLATE):
            study.make_cast()
        cursor.execute("CREATE SCHEMA stock")
        puts = [put for table in cleaner.tables if (put := keep(cursor, table, before))]
        body = " ".join(f"{put};" for put in puts)
        cursor.execute(
            "CREATE FUNCTION stock.lay_out() RETURNS void LANGUAGE plpgsql SECURITY DEFINER"
            f" SET session_replication_role = replica AS $$ BEGIN {body} END $$;"
            f" GRANT USAGE ON SCHEMA stock TO {database.APP}"
        )
    cleaner.clean()


def keep(cursor: Cursor, table: str, before: str) -> str:
    """Copy what a table has been given since a transaction; the statement that puts it back."""
    cursor.execute(
        "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute"
        " WHERE attrelid = %s::regclass AND attnum > 0 AND attgenerated = '' AND NOT attisdropped",
        [table],
    )
    ((columns,),) = cursor.fetchall()
    copy = f"stock.{table.replace('.', '_')}"
    cursor.execute(
        f"CREATE TABLE {copy} AS SELECT {columns} FROM {table} WHERE xmin::text::bigint > {before}"
    )
    if not cursor.rowcount:
        cursor.execute(f"DROP TABLE {copy}")
        return ""
    return f"INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM {copy}"


@contextmanager
def logged_in(url: str, name: str) -> Iterator[None]:
    """Django's default connection as another login, on another database."""
    connections.close_all()
    settings = connections["default"].settings_dict
    before = dict(settings)
    parts = urlsplit(url)
    settings |= {
        "USER": parts.username, "PASSWORD": unquote(parts.password or ""), "NAME": name,
    }  # fmt: skip
    try:
        yield
    finally:
        connections.close_all()
        settings |= before


def copy_template() -> None:
    """Give this worker a new copy of the template; whoever is connected is cut off."""
    connections.close_all()
    name = connections["default"].settings_dict["NAME"]
    admin = database.elsewhere(os.environ["ADMIN_DATABASE_URL"], "postgres")
    with database.connected(admin) as cursor:
        database.drop(cursor, name)
        cursor.execute(
            SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
                Identifier(name), Identifier(TEMPLATE)
            )
        )
        database.close_to_public(cursor, name)


class Cleaner:
    """Brings a database back to what the migrations left in it."""

    def __init__(self, url: str) -> None:
        self.url = url  # the administrator's, of that database
        self.seed: dict[str, str] = {}  # rows that migrations made, as COPY writes them
        with database.connected(url) as cursor:
            cursor.execute(
                "SELECT oid::regclass::text FROM pg_class"
                " WHERE relkind = 'r' AND relnamespace::regnamespace::text IN ('public', 'sealed')"
            )
            self.tables = [name for (name,) in cursor.fetchall()]
            for table in self.tables:
                rows = io.StringIO()
                cursor.copy_expert(f"COPY {table} TO STDOUT", rows)
                if rows.getvalue():
                    self.seed[table] = rows.getvalue()

    def clean(self) -> None:
        """Cut off who is still connected, delete every row, put the migrations' rows back."""
        connections.close_all()
        with database.connected(self.url) as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            deletes = "".join(f"DELETE FROM {table};" for table in self.tables)
            cursor.execute(f"SET session_replication_role = replica; {deletes}")
            for table, rows in self.seed.items():
                cursor.copy_expert(f"COPY {table} FROM STDIN", io.StringIO(rows))
