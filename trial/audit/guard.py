"""Are the triggers and functions that keep the trail in place, as the migrations made them?

A trigger that is missing, switched off or replaced means that writes may go unrecorded: service is
refused until it is mended (R-06, F-093). The expected set is read from the migrations' own SQL, so
that it can't be forgotten beside them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import RunSQL

_TRIGGER = re.compile(
    r"create\s+(?:or\s+replace\s+)?trigger\s+(\w+)\s+(?:before|after)\b[^;]*?\son\s+([\w.]+)\b"
    r"[^;]*?execute\s+function\s+([\w.]+)\s*\(",
    re.IGNORECASE,
)
_FUNCTION = re.compile(
    r"create\s+(?:or\s+replace\s+)?function\s+([\w.]+)\s*\(.*?\bas\s+\$\$(.*?)\$\$",
    re.IGNORECASE | re.DOTALL,
)
_DROPPED = re.compile(r"drop\s+function\s+(?:if\s+exists\s+)?([\w.]+)", re.IGNORECASE)
# What the application's login must never be able to do with the trail.
_FORBIDDEN = ("INSERT", "UPDATE", "DELETE", "TRUNCATE")
_TRAIL = ("audit_event", "audit_seal", "audit_generation", "audit_redacted")
# What is there, in both schemas that are ours; names of `public` stand without it.
_TRIGGERS = """
select concat(nullif(c.relnamespace::regnamespace || '.', 'public.'), c.relname), t.tgname,
       concat(nullif(p.pronamespace::regnamespace || '.', 'public.'), p.proname), t.tgenabled = 'O'
from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_proc p on p.oid = t.tgfoid
where not t.tgisinternal and c.relnamespace::regnamespace::text in ('public', 'sealed')
"""
_BODIES = """
select concat(nullif(p.pronamespace::regnamespace || '.', 'public.'), p.proname), p.prosrc
from pg_proc p where p.pronamespace::regnamespace::text in ('public', 'sealed')
"""


@dataclass
class Expected:
    """Function by (table, trigger), and body by function name."""

    triggers: dict[tuple[str, str], str] = field(default_factory=dict)
    functions: dict[str, str] = field(default_factory=dict)


@cache
def expected() -> Expected:
    """What the migrations create, the last one that names a thing deciding."""
    found = Expected()
    for statement in _statements():
        for name in _DROPPED.findall(statement):
            found.functions.pop(name.lower(), None)
        for trigger, table, function in _TRIGGER.findall(statement):
            found.triggers[table.lower(), trigger.lower()] = function.lower()
        for name, body in _FUNCTION.findall(statement):
            found.functions[name.lower()] = body
    return found


def _statements() -> Iterator[str]:
    loader = MigrationLoader(None)
    seen: set[tuple[str, str]] = set()
    for leaf in loader.graph.leaf_nodes():
        for key in loader.graph.forwards_plan(leaf):
            if key not in seen:
                seen.add(key)
                for operation in loader.graph.nodes[key].operations:
                    if isinstance(operation, RunSQL) and isinstance(operation.sql, str):
                        yield operation.sql


def differences() -> list[str]:
    """A sentence for everything that is not as the migrations made it; empty: all is well.

    Two statements.
    """
    wanted = expected()
    with connection.cursor() as cursor:
        cursor.execute(_TRIGGERS)
        triggers = {(table, name): (function, on) for table, name, function, on in cursor}
        cursor.execute(_BODIES)
        bodies = dict(cursor.fetchall())
    return [*_triggers(wanted, triggers), *_functions(wanted, bodies)]


def _triggers(wanted: Expected, found: dict[tuple[str, str], tuple[str, bool]]) -> Iterator[str]:
    for (table, name), function in sorted(wanted.triggers.items()):
        there = found.get((table, name))
        if there is None:
            yield f"trigger {name} on {table} is missing"
        elif not there[1]:
            yield f"trigger {name} on {table} is switched off"
        elif there[0] != function:
            yield f"trigger {name} on {table} calls another function"


def _functions(wanted: Expected, found: dict[str, str]) -> Iterator[str]:
    for name, body in sorted(wanted.functions.items()):
        if name not in found:
            yield f"function {name} is missing"
        elif found[name] != body:
            yield f"function {name} is not the one of this version"


def rights() -> list[str]:
    """What this login could do but must not; empty: its rights are as narrow as they should be."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select rolsuper or rolbypassrls or rolcreaterole from pg_roles"
            " where rolname = current_user"
        )
        found = ["this login has a superuser's powers"] if cursor.fetchone()[0] else []
        cursor.execute(
            "select t, r from unnest(%s) t, unnest(%s) r"
            " where has_table_privilege(current_user, t, r) order by 1, 2",
            [list(_TRAIL), list(_FORBIDDEN)],
        )
        return found + [f"this login may {right} {table}" for table, right in cursor.fetchall()]


def problem() -> str:
    """What /readyz and the start of a process say: "" when all is well."""
    found = [*differences(), *rights()]
    more = f" and {len(found) - 3} more" if len(found) > 3 else ""
    return "; ".join(found[:3]) + more
