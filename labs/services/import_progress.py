"""How far an import has come, seen from outside while its one transaction is still open.

The progress row is written through a connection of its own that commits each statement: what
the importing transaction writes stays unseen until its end. The row has no foreign key and
nobody else locks it, so it never waits.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

Report = Callable[[int, int], None]

_WRITE = """
insert into labs_importprogress (batch_id, done, total, attempts, at)
values (%s, %s, %s, %s, now())
on conflict (batch_id) do update
set done = excluded.done, total = excluded.total, at = now(),
    attempts = labs_importprogress.attempts + excluded.attempts
returning attempts
"""


class Progress:
    """The progress of one batch over a connection of its own."""

    def __init__(self, batch_id: int, connection: BaseDatabaseWrapper) -> None:
        self._batch_id = batch_id
        self._connection = connection

    def start(self) -> int:
        """Count one more start. Returns how many there have been."""
        return self._write(0, 0, 1)

    def __call__(self, done: int, total: int) -> None:
        self._write(done, total, 0)

    def _write(self, done: int, total: int, starts: int) -> int:
        with self._connection.cursor() as cursor:
            cursor.execute(_WRITE, [self._batch_id, done, total, starts])
            return int(cursor.fetchone()[0])


@contextmanager
def progress_of(batch_id: int) -> Iterator[Progress]:
    """Open the second connection for as long as the work lasts."""
    connection = connections.create_connection("default")
    try:
        yield Progress(batch_id, connection)
    finally:
        connection.close()
