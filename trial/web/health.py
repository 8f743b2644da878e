"""Is this process fit to take requests? Apps add their own questions at start-up.

Only the database, its schema and the guards of the trail decide that: an added question that finds
something wrong is shown to whoever watches, but must not take the pages away from those who enter
data.
"""

from collections.abc import Callable

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from trial.audit import guard

Check = Callable[[], str]
DECISIVE = ("database", "migrations", "guard")

_checks: dict[str, Check] = {}


def register_check(name: str, check: Check) -> None:
    """Ask `check` at every /readyz: it returns "" when all is well, else what is wrong.

    The answer is public: no names, no data. A name counts once.
    """
    _checks[name] = check


def database() -> str:
    """PostgreSQL answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return ""


def migrations() -> str:
    """The schema is the one this code was written for."""
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return f"{len(waiting)} migrations are not applied" if waiting else ""


def run_checks() -> dict[str, str]:
    """Name of each check -> "" or what is wrong. After the database fails, no other is asked."""
    found: dict[str, str] = {}
    own = {"database": database, "migrations": migrations, "guard": guard.problem}
    for name, check in {**own, **_checks}.items():
        try:
            found[name] = check()
        except DatabaseError:
            found[name] = "the database does not answer"
            break
    return found
