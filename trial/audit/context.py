"""Who acts, and why: the context that every write carries into the database.

Each service opens `transaction(by=actor, reason=...)`. It hands the actor to PostgreSQL as the
setting `app.context`, valid for that transaction only, so that a pooled connection can't carry
one person's name into another's write (F-086). The history trigger refuses a write without it.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol

from django.db import DEFAULT_DB_ALIAS, connections
from django.db import transaction as db_transaction


class _Person(Protocol):
    pk: int
    username: str


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or a named system process, with the role and site under which it acts."""

    name: str
    id: int | None = None
    role: str = ""
    site: str = ""
    request_id: str = ""

    @classmethod
    def of(cls, user: _Person, *, role: str = "", site: str = "", request_id: str = "") -> "Actor":
        return cls(name=user.username, id=user.pk, role=role, site=site, request_id=request_id)

    @classmethod
    def system(cls, process: str, request_id: str = "") -> "Actor":
        return cls(name=f"system:{process}", role="system", request_id=request_id)


SEALED_DB_ALIAS = "sealed"  # the login of pharmacy and unblinding (docs/adr/0014)

_current: ContextVar[str] = ContextVar("audit_context", default="")
_current_sealed: ContextVar[str] = ContextVar("audit_context_sealed", default="")


def _held(using: str) -> ContextVar[str]:
    return _current_sealed if using == SEALED_DB_ALIAS else _current


def open_reason() -> str:
    """The reason given for the transaction that is open; "" if none is."""
    return str(json.loads(_current.get() or "{}").get("reason", ""))


def told(by: Actor, reason: str) -> str:
    """Who acts and why, as the database is told it in `app.context`."""
    return json.dumps(
        {
            "actor_id": by.id,
            "actor": by.name,
            "role": by.role,
            "site": by.site,
            "request": by.request_id,
            "reason": reason,
        }
    )


@contextmanager
def transaction(*, by: Actor, reason: str = "", using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Open a transaction whose writes are recorded as done by `by`, or join the one that is open.

    In a joined one, writes of the inner block are recorded under the inner actor and reason. The
    two database aliases have a transaction each: neither joins the other's.
    """
    context = told(by, reason)
    held = _held(using)
    outer = held.get()
    # A service called by another joins its transaction: what fails undoes the whole.
    with db_transaction.atomic(using=using, savepoint=not outer):
        if context != outer:
            _tell_database(context, using)
        if using == SEALED_DB_ALIAS and not outer:
            # No sweeper has the login to seal this trail later.
            db_transaction.on_commit(seal_sealed, using=using, robust=True)
        token = held.set(context)
        try:
            yield
        finally:
            held.reset(token)
    if context != outer and connections[using].in_atomic_block:
        _tell_database(outer, using)


def is_open(using: str = DEFAULT_DB_ALIAS) -> bool:
    """Whether the caller is inside a `transaction(by=...)`: what it writes may yet be undone."""
    return bool(_held(using).get())


def seal_sealed() -> None:
    """Seal what is final in the trail of what is sealed; outside any transaction."""
    with connections[SEALED_DB_ALIAS].cursor() as cursor:
        sealed = None
        while sealed != 0:
            cursor.execute("select sealed.seal_now()")
            (sealed,) = cursor.fetchone()


def _tell_database(context: str, using: str) -> None:
    with connections[using].cursor() as cursor:
        cursor.execute("select set_config('app.context', %s, true)", [context])
