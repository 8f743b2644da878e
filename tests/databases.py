"""Databases of the tests: one migrated template, from which each worker's database is copied.

The tests log in as ct_app, as production does, so that a missing right shows. Django's own way
(create, migrate and flush with one login) would need rights that ct_app must not have: what a
test has committed is removed by the administrator, with the history triggers out of force.
Deleting takes a twentieth of the time of TRUNCATE or of a new copy.
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
from psycopg2.sql import SQL, Identifier

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
        with database.connected(admin) as cursor:
            cursor.execute(f"ALTER DATABASE {TEMPLATE} IS_TEMPLATE true ALLOW_CONNECTIONS false")


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
    """Brings this worker's database back to what the migrations left in it."""

    def __init__(self) -> None:
        self.seed: dict[str, str] = {}  # rows that migrations made, as COPY writes them
        with database.connected(os.environ["ADMIN_DATABASE_URL"]) as cursor:
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
        with database.connected(os.environ["ADMIN_DATABASE_URL"]) as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            deletes = "".join(f"DELETE FROM {table};" for table in self.tables)
            cursor.execute(f"SET session_replication_role = replica; {deletes}")
            for table, rows in self.seed.items():
                cursor.copy_expert(f"COPY {table} FROM STDIN", io.StringIO(rows))
