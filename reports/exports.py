"""A whole dataset as one file: one snapshot of the database, flat memory, and a row in the trail.

PostgreSQL writes the file itself (COPY of the very query that the pages read), into a temporary
file, so that a reader on a slow line holds no transaction open. Only a dataset with a column that
Python makes is read row by row instead, through a cursor on the server.
"""

import hashlib
import io
import json
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import IO, Any, Literal

from django.db import connection, transaction
from django.db.models import QuerySet
from psycopg2.sql import SQL, Composable, Identifier
from psycopg2.sql import Literal as SqlLiteral

from reports import parquet, past
from reports.columns import Column
from reports.dataset import Dataset
from trial.audit import events
from trial.audit.context import Actor
from trial.audit.models import Seal
from trial.audit.seal import last_seal, seal_now

Format = Literal["csv", "ndjson", "parquet"]
FORMATS: tuple[Format, ...] = ("csv", "ndjson", "parquet")
CONTENT_TYPES: Mapping[str, str] = {
    "csv": "text/csv; charset=utf-8",
    "ndjson": "application/x-ndjson; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}
# A cell that a spreadsheet would take for a formula, full-width signs included (F-124).
FORMULA = "^[=+@\t\r\n＝＋－＠-]"
BOM = "\ufeff"
# More than the longest transaction takes (an import of 100,000 rows): what committed only after
# the snapshot, with an older time, is found by the next pull.
OVERLAP = timedelta(minutes=10)
_ISO = 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'
_BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Export:
    """A finished file, at its beginning. `sha256` is of its bytes.

    A pull with `changed_since=next_since` misses nothing that this one could not see yet. `seal`
    is the newest of the audit trail when it was made: who keeps it holds an anchor.
    """

    file: IO[bytes]
    rows: int
    sha256: str
    snapshot_at: datetime
    moment: past.Moment | None = None
    seal: Seal | None = None

    @property
    def next_since(self) -> datetime:
        return self.snapshot_at - OVERLAP


class Hashed(io.RawIOBase):
    """A file to write to that knows the size and the SHA-256 of what went in."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.hash = hashlib.sha256()
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.hash.update(data)
        written = self._file.write(data)
        self.size += written
        return written


class _Text:
    """The same, for text."""

    def __init__(self, sink: Hashed) -> None:
        self._sink = sink

    def write(self, text: str) -> int:
        return self._sink.write(text.encode())


@dataclass(frozen=True, slots=True)
class Written:
    """How many rows and bytes went into a file; `sha256` is of the bytes."""

    rows: int
    size: int
    sha256: str


def export(
    *,
    dataset: Dataset,
    rows: QuerySet[Any],
    how: Format,
    by: Actor,
    asked: Mapping[str, str],
    excel: bool = False,
    moment: past.Moment | None = None,
) -> Export:
    """Write `rows` to a file and record that it was taken.

    `asked` are the filters as given, for the trail; with `moment` the file shows the state then.
    Not to be called inside a transaction.
    """
    seal_now()  # so that the anchor that goes along covers all that the file shows
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    with state(dataset, moment) as at:
        made = write(dataset, rows, how, file, excel=excel)
    file.seek(0)
    details = {"dataset": dataset.name, "format": how, "excel": excel, "filters": dict(asked),
               "rows": made.rows, "sha256": made.sha256, "snapshot_at": at.isoformat()}  # fmt: skip
    if moment:
        details |= {"seal": moment.seal, "snapshot": moment.snapshot}
    anchor = last_seal()
    if anchor is not None:
        details |= {"anchor": anchor.n, "root": bytes(anchor.root).hex()}
    events.record(events.Act.EXPORTED, by=by, record=f"dataset:{dataset.name}", details=details)
    return Export(file, made.rows, made.sha256, at, moment, anchor)


def state(dataset: Dataset, moment: past.Moment | None) -> AbstractContextManager[datetime]:
    """A transaction that sees one state of a dataset: that of now, or of a moment."""
    if moment is None or dataset.append_only:
        return snapshot()
    return past.seen(moment, *dataset.reads)


def write(
    dataset: Dataset, rows: QuerySet[Any], how: Format, file: IO[bytes], *, excel: bool = False
) -> Written:
    """Write rows of a dataset, in its order, to a file. Inside `state` only."""
    rows = rows.order_by(*dataset.key).values(*dataset.stored)
    sink = Hashed(file)
    if how == "parquet":
        count = parquet.write(dataset, rows.iterator(chunk_size=_BATCH), sink)
        return Written(count, sink.size, sink.hash.hexdigest())
    if how == "csv" and excel:
        sink.write(BOM.encode())
    if dataset.derived:
        count = _by_cursor(dataset, rows, how, excel, sink)
    else:
        count = _by_copy(dataset, rows, how, excel, sink)
    return Written(count, sink.size, sink.hash.hexdigest())


@contextmanager
def snapshot() -> Iterator[datetime]:
    """A read-only transaction that sees one state of the database; gives its time."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("set transaction isolation level repeatable read, read only")
        cursor.execute("set local statement_timeout = '5min'")
        cursor.execute("select now()")
        [at] = cursor.fetchone()
        yield at.astimezone(UTC)


def _by_copy(dataset: Dataset, rows: QuerySet[Any], how: Format, excel: bool, sink: Hashed) -> int:
    with connection.cursor() as cursor:
        inner = cursor.mogrify(*rows.query.sql_with_params()).decode()
        cells = SQL(", ").join(_cell(column, how, excel) for column in dataset.columns)
        flat = SQL("select {} from ({}) q").format(cells, SQL(inner))
        command = _COMMANDS[how].format(flat)
        cursor.copy_expert(command.as_string(cursor.cursor), sink)
        return int(cursor.rowcount)


# Control characters never stand in JSON text, so that as quote and delimiter they leave each row
# as it is; the text format would double its backslashes. The row's name is in capitals, as no
# column's is: a column of that name would be written in its place.
_COMMANDS: Mapping[str, SQL] = {
    "csv": SQL("copy ({}) to stdout with (format csv, header)"),
    "ndjson": SQL(
        'copy (select row_to_json("ROW") from ({}) "ROW") to stdout'
        " with (format csv, quote E'\\x01', delimiter E'\\x02')"
    ),
}


def _cell(column: Column, how: Format, excel: bool) -> Composable:
    name = Identifier(column.source)
    if column.kind == "timestamp":
        cell = SQL("to_char({} at time zone 'UTC', {})").format(name, SqlLiteral(_ISO))
    elif column.kind == "decimal" or (column.kind == "boolean" and how == "csv"):
        cell = SQL("{}::text").format(name)
    elif column.kind == "text" and excel:
        # What is a text in a file may be of another type in the view: the number of a transaction.
        text = SQL("{}::text").format(name)
        cell = SQL("case when {0} ~ {1} then '''' || {0} else {0} end").format(
            text, SqlLiteral(FORMULA)
        )
    else:
        cell = SQL("{}").format(name)
    return SQL("{} as {}").format(cell, Identifier(column.name))


def _by_cursor(
    dataset: Dataset, rows: QuerySet[Any], how: Format, excel: bool, sink: Hashed
) -> int:
    """The same file, made in Python."""
    text = _Text(sink)
    write = _csv_writer(dataset, excel, text) if how == "csv" else _ndjson_writer(text)
    count = 0
    for row in rows.iterator(chunk_size=_BATCH):
        write(dataset.show(row))
        count += 1
    return count


Writer = Callable[[Mapping[str, object]], None]


def _csv_writer(dataset: Dataset, excel: bool, text: _Text) -> Writer:
    """Quotes as COPY does: where a comma, a quote or a line end stands."""
    text.write(",".join(dataset.names) + "\n")
    texts = {column.name for column in dataset.columns if column.kind == "text"}

    def write(row: Mapping[str, object]) -> None:
        cells = [_as_cell(value, guarded=excel and name in texts) for name, value in row.items()]
        text.write(",".join(cells) + "\n")

    return write


def _ndjson_writer(text: _Text) -> Writer:
    def write(row: Mapping[str, object]) -> None:
        text.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")

    return write


def _as_cell(value: object, *, guarded: bool) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    cell = str(value)
    if guarded and re.match(FORMULA, cell):
        cell = f"'{cell}"
    return '"{}"'.format(cell.replace('"', '""')) if re.search('[,"\r\n]', cell) else cell
