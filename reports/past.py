"""The study as it was: the state that the trail had at a seal or at a snapshot.

Within one transaction, temporary tables with the names of the real ones hold each record's newest
event that could be seen then, and temporary views with the very definitions of the export views
read them: PostgreSQL looks at temporary names first, so that a dataset's query runs unchanged
(docs/adr/0012-as-of.md). The transaction is always rolled back.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a class with a lower-case name
from psycopg2.sql import SQL, Composable, Identifier, Literal

from labs.evaluate import ALGORITHM
from reports.filters import MomentField
from reports.models import Snapshot
from trial.access.exceptions import Refused
from trial.audit.models import Seal
from trial.audit.seal import seal_now
from trial.audit.watermark import Watermark, watermark

PARAMETERS = ("as_of", "snapshot")


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in the past: what could be seen then, under which seal, of which snapshot if any."""

    seen: Watermark
    at: datetime
    seal: int
    snapshot: int | None = None

    @property
    def headers(self) -> Mapping[str, str]:
        """What an answer says about the state it shows."""
        said = {"X-Snapshot-At": self.at.isoformat(), "X-Seal": str(self.seal)}
        return said | ({"X-Snapshot": str(self.snapshot)} if self.snapshot else {})


def asked(query: Mapping[str, str]) -> Moment | None:
    """The moment that `as_of=` or `snapshot=` names; None without either.

    Raises Refused, by parameter, for both at once and for a moment that is not there.
    """
    time, number = (query.get(name, "") for name in PARAMETERS)
    if time and number:
        raise Refused({"as_of": [_("Give a time or a snapshot, not both.")]})
    if number:
        return of_snapshot(_numbered(number))
    return at_time(_read(time)) if time else None


def _read(text: str) -> datetime:
    try:
        when: datetime = MomentField().clean(text)
    except ValidationError as error:
        raise Refused({"as_of": error.messages}) from error
    return when


def _numbered(text: str) -> Snapshot:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    found = Snapshot.objects.filter(number=number).first()
    if found is None:
        raise Refused({"snapshot": [_("There is no such snapshot.")]})
    return found


def of_snapshot(taken: Snapshot) -> Moment:
    """The moment a snapshot was taken at."""
    return Moment(
        seen=Watermark(taken.seen_generation, taken.seen_snapshot),
        at=taken.taken_at,
        seal=taken.seal_number,
        snapshot=taken.number,
    )


def at_time(when: datetime) -> Moment:
    """The newest seal made at or before `when`: what was final then.

    The trail is sealed every minute; a time after the last seal makes one first, so that the next
    question finds it. Raises Refused for a time to come and for one before the first seal.
    """
    if when > timezone.now():
        raise Refused({"as_of": [_("This time has not come yet.")]})
    newest = Seal.objects.order_by("-n").values_list("at", flat=True).first()
    if newest is None or newest < when:
        seal_now()
    seals = Seal.objects.filter(at__lte=when).order_by("-n")
    seal = seals.values_list("n", "at", "generation", "upto_xid").first()
    if seal is None:
        raise Refused({"as_of": [_("The trail was not sealed yet at this time.")]})
    number, at, generation, upto = seal
    # Nothing in progress: all transactions before `upto` had ended, all from it on lie after.
    return Moment(Watermark(generation, f"{upto}:{upto}:"), at, number)


@contextmanager
def seen(moment: Moment, *names: str) -> Iterator[datetime]:
    """A transaction in which export views, and tables that are read themselves, show the state at
    a moment; gives its time.

    Nothing that is written in it is kept.
    """
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("set transaction isolation level repeatable read")
        cursor.execute("set local statement_timeout = '5min'")
        cursor.execute("select set_config('export.as_of', %s, true)", [moment.at.isoformat()])
        _shadow(cursor.cursor, moment.seen, names)
        yield moment.at
        transaction.set_rollback(True)


def _shadow(cursor: Cursor, at: Watermark, names: tuple[str, ...]) -> None:
    """Put temporary tables and views before the real ones."""
    views = _views_among(cursor, names)
    # Read before the first temporary table is there: PostgreSQL writes the names of tables that
    # it would find as they are, without their schema.
    definitions = {view: _definition(cursor, view) for view in views}
    tables = _read_by(cursor, views) | (set(names) - set(views))
    for table in tables - {"audit_event"}:
        _fill(cursor, table, at)
    if "labs_evaluationrun" in tables:
        _count_algorithm(cursor)
    if "audit_event" in tables:
        _run(cursor, _EVENTS, generation=Literal(at.generation), snapshot=Literal(at.snapshot))
    for view, definition in definitions.items():
        _run(cursor, "create temp view {view} as {sql}", view=Identifier(view), sql=SQL(definition))


_EVENTS = """
create temp view audit_event as select e.* from public.audit_event e
where not public.audit_after(e.generation, e.xid, {generation}, {snapshot})
"""
_FILL = """
create temp table {table} on commit drop as
select r.* from (
  select distinct on (e.record_id) e.kind, e.new from public.audit_event e
  where e.table_name = {name} and e.kind in ('insert', 'update', 'delete')
    and not public.audit_after(e.generation, e.xid, {generation}, {snapshot})
  order by e.record_id, e.id desc
) n, lateral jsonb_populate_record(null::{real}, n.new) r
where n.kind <> 'delete'
"""


def _fill(cursor: Cursor, table: str, at: Watermark) -> None:
    _run(
        cursor,
        _FILL,
        table=Identifier(table),
        name=Literal(table),
        real=Identifier("public", table),
        generation=Literal(at.generation),
        snapshot=Literal(at.snapshot),
    )
    cursor.execute(
        "select pg_get_indexdef(indexrelid) from pg_index"
        " where indrelid = ('public.' || quote_ident(%s))::regclass",
        [table],
    )
    for (index,) in cursor.fetchall():
        cursor.execute(index.replace(f" ON public.{table} ", f" ON pg_temp.{table} ", 1))
    _run(cursor, "analyze pg_temp.{table}", table=Identifier(table))


def _count_algorithm(cursor: Cursor) -> None:
    """The algorithm that had evaluated last counts as the one in force: that of the code then."""
    cursor.execute(
        "update pg_temp.labs_evaluationrun r set algorithm = %(now)s from ("
        " select algorithm from pg_temp.labs_evaluationrun order by id desc limit 1) n"
        " where r.algorithm = n.algorithm and n.algorithm <> %(now)s",
        {"now": ALGORITHM},
    )


def _definition(cursor: Cursor, view: str) -> str:
    cursor.execute("select pg_get_viewdef(%s::regclass)", [f"public.{view}"])
    [text] = cursor.fetchone() or [""]
    return str(text)


def _views_among(cursor: Cursor, names: tuple[str, ...]) -> tuple[str, ...]:
    """Those that are views; the others are tables."""
    cursor.execute(
        "select c.relname from pg_class c where c.relkind = 'v' and c.relname = any(%s)"
        " and c.relnamespace = 'public'::regnamespace",
        [list(names)],
    )
    return tuple(name for (name,) in cursor.fetchall())


def _read_by(cursor: Cursor, views: tuple[str, ...]) -> set[str]:
    """The tables that views read."""
    cursor.execute(
        "select distinct c.relname from pg_rewrite w"
        " join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid"
        " join pg_class c on d.refclassid = 'pg_class'::regclass and c.oid = d.refobjid"
        " where c.relkind = 'r' and w.ev_class = any(%s::regclass[])",
        [[f"public.{view}" for view in views]],
    )
    return {name for (name,) in cursor.fetchall()}


def _run(cursor: Cursor, text: str, **parts: Composable) -> None:
    cursor.execute(SQL(text).format(**parts))


def now() -> Moment:
    """What can be seen now; not sealed yet."""
    return Moment(watermark(), timezone.now(), 0)


def end(text: str, field: str) -> Moment:
    """One end of a comparison: a snapshot's number, a time, or "now".

    Raises Refused, at `field`, for anything else.
    """
    try:
        if text in ("", "now"):
            return now()
        return of_snapshot(_numbered(text)) if text.isdigit() else at_time(_read(text))
    except Refused as error:
        raise Refused({field: [m for found in error.errors.values() for m in found]}) from error
