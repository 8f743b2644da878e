"""Reading a list, and disclosing its secrets after the trial (R-17, R-49).

Each in two transactions: the wish with its reason is committed first, so that no rollback, crash or
lost connection hides that somebody has read (integrity rules, finding 13).
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import DatabaseError, connections
from django.db.backends.utils import CursorWrapper
from django.utils.translation import gettext as _

from randomization import drawfile, listfile
from randomization.blocks import Slot
from randomization.drawfile import Draw
from randomization.sealed.models import AllocationList
from trial.access.exceptions import Refused
from trial.audit.context import SEALED_DB_ALIAS, Actor, transaction

SHORTEST_REASON = 10


@dataclass(frozen=True, slots=True)
class Secrets:
    """What a stranger needs beside the list: `seed` is "" for a list that came as a file."""

    salt: str
    seed: str


def read_file(*, found: AllocationList, reason: str, by: Actor) -> bytes:
    """The list as a file; one that came as a file comes out byte for byte (R-49).

    Raises Refused for a reason that says too little.
    """
    request = _ask(found, reason, by)
    with _cursor(reason, by) as cursor:
        cursor.execute(
            "select stratum, number, block, arm, draw, levels from sealed.read_list(%s)", [request]
        )
        rows = cursor.fetchall()
    if found.method == "minimisation":
        draws = [
            Draw(number, draw, arm or "", _levels(levels))
            for _stratum, number, _block, arm, draw, levels in rows
        ]
        return drawfile.write(draws, sorted(found.design["weights"]))
    form = listfile.Form(**found.design.get("form", {}))
    return listfile.write((Slot(*row[:4]) for row in rows), form)


def _levels(stored: object) -> dict[str, str]:
    """A jsonb column as a bare cursor gives it."""
    if isinstance(stored, str):
        stored = json.loads(stored)
    return dict(stored) if isinstance(stored, dict) else {}


def disclose(*, found: AllocationList, reason: str, by: Actor) -> Secrets:
    """Salt and seed of a list that was in force, once the trial has ended. Raises Refused."""
    request = _ask(found, reason, by)
    try:
        with _cursor(reason, by) as cursor:
            cursor.execute("select salt, seed from sealed.disclose(%s)", [request])
            salt, seed = cursor.fetchone()
    except DatabaseError as error:
        if getattr(error.__cause__, "pgcode", "") != "SE013":
            raise
        raise Refused({"": [_("The trial has not ended: nothing is disclosed.")]}) from None
    if salt is None:
        raise Refused({"": [_("This list was never in force: there is nothing to disclose.")]})
    return Secrets(bytes(salt).hex(), bytes(seed or b"").hex())


def _ask(found: AllocationList, reason: str, by: Actor) -> int:
    """Write down who wants to read which list, and why; committed when it returns."""
    if len(reason.strip()) < SHORTEST_REASON:
        words = _("Say why in at least %(count)s characters.") % {"count": SHORTEST_REASON}
        raise Refused({"reason": [words]})
    with _cursor(reason, by) as cursor:
        cursor.execute(
            "insert into sealed.access (kind, list_id, reason, asked_by, asked_by_id)"
            " values ('list', %s, %s, %s, %s) returning id",
            [found.pk, reason, by.name, by.id],
        )
        return int(cursor.fetchone()[0])


@contextmanager
def _cursor(reason: str, by: Actor) -> Iterator[CursorWrapper]:
    """A transaction of its own by the sealed login."""
    sealed = connections[SEALED_DB_ALIAS]
    with transaction(by=by, reason=reason, using=SEALED_DB_ALIAS), sealed.cursor() as cursor:
        yield cursor
