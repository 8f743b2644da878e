"""What the application's login can read in the database besides what any page shows.

Every row of every public table and view, the numbers that PostgreSQL counts of tables, where each
sequence stands, and the words with which it refuses the sealed schema.
"""

import gzip
import io

from django.db import DatabaseError, connection, connections
from psycopg2.sql import SQL, Composable, Identifier

from reports.models import SnapshotChunk
from tests.blinding.normalise import as_text
from tests.blinding.observing import Facets
from tests.blinding.world import World
from trial.audit.context import SEALED_DB_ALIAS

SEALED_DOORS = (
    "select * from sealed.slot", "select * from sealed.lot", "select * from sealed.bag_content",
    "select * from sealed.list", "select * from sealed.event", "select * from sealed.access",
    "select sealed.read_arm(1)", "select * from sealed.read_list(1)",
    "select * from sealed.usable(1, now())", "select sealed.minimised(null, null, 1)",
)  # fmt: skip
_STATISTICS = """
select relname, schemaname, n_tup_ins, n_tup_upd, n_tup_del, n_live_tup
from pg_stat_user_tables order by 2, 1
"""

_SEQUENCES = "select * from pg_sequences where schemaname = 'public' order by 2"


def states(world: World) -> dict[str, Facets]:
    """Everything, by the name of what was read."""
    connections.close_all()  # a session that ends hands in what it counted
    found = {f"table {name}": {"rows": rows_of(world, name)} for name in tables()}
    found["statistics of tables"] = {"rows": asked(_STATISTICS)}
    found["sequences"] = {"rows": asked(_SEQUENCES)}
    found["rights"] = {"rows": "\n".join(refusal(one) for one in SEALED_DOORS)}
    connections.close_all()
    return found


def tables() -> list[str]:
    """Tables and views that the application's login may read."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace"
            " and c.relkind in ('r', 'v', 'm') and has_table_privilege(c.oid, 'select') order by 1"
        )
        return [name for (name,) in cursor.fetchall()]


def rows_of(world: World, table: str) -> str:
    """The rows in the order of their text; of a transaction's number its place alone.

    On which page of its file a row lies depends on what else the server does at that moment. The
    order in which rows are shown to anybody is that of pages and exports, compared as they are.
    """
    if table == SnapshotChunk._meta.db_table:
        return unpacked(world)
    with connection.cursor() as cursor:
        cursor.execute(
            "select attname, atttypid::regtype::text from pg_attribute"
            " where attrelid = %s::regclass and attnum > 0 and not attisdropped order by attnum",
            [f"public.{table}"],
        )
        columns = [column(table, *one) for one in cursor.fetchall()]
        out = io.StringIO()
        statement = SQL(
            "copy (select {} from public.{} t order by t::text) to stdout with (format csv, header)"
        )
        query = statement.format(SQL(", ").join(columns), Identifier(table))
        cursor.cursor.copy_expert(query.as_string(cursor.cursor), out)
    return world.observer.normal.text(out.getvalue())


def unpacked(world: World) -> str:
    """The files of snapshots, unpacked: times in them are times as in any row."""
    pieces = SnapshotChunk.objects.order_by("pk").values_list("pk", "file", "number", "data")
    lines = [f"{key}\n{as_text('', gzip.decompress(bytes(data)))}" for *key, data in pieces]
    return world.observer.normal.text("\n".join(lines))


def column(table: str, name: str, kind: str) -> Composable:
    """A column as it is compared: of a transaction's number its place, of a seal's hashes over
    numbers of transactions their length."""
    if kind == "xid8":
        return SQL("dense_rank() over (order by {})").format(Identifier(name))
    if table == "audit_seal" and kind == "bytea":
        return SQL("octet_length({})").format(Identifier(name))
    return Identifier(name)


def asked(statement: str) -> str:
    """The rows of a statement, one a line."""
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return "\n".join(map(str, cursor.fetchall()))


def refusal(statement: str) -> str:
    """How PostgreSQL refuses a statement. AssertionError if it does not."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
    except DatabaseError as error:
        return f"{statement}: {error}"
    raise AssertionError(f"the application's login may {statement}")


def sealed_view() -> dict[str, Facets]:
    """What the sealed login sees of the contents of bags: it has to differ between worlds."""
    with connections[SEALED_DB_ALIAS].cursor() as cursor:
        cursor.execute(
            "select c.bag_id, l.arm from sealed.bag_content c join sealed.lot l on l.id = c.lot_id"
            " order by 1"
        )
        return {"sealed.bag_content": {"rows": "\n".join(map(str, cursor.fetchall()))}}
