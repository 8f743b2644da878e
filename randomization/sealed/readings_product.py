"""Noting who has looked at lots, donors and contents of bags: before they are shown (R-17).

Committed in a transaction of its own, so that no failure of the page undoes it.
"""

from django.db import connections

from trial.audit.context import SEALED_DB_ALIAS, Actor, transaction

REASON = "work of the cell laboratory"


def note_reading(*, what: str, by: Actor, reason: str = REASON) -> None:
    """Note that `by` is about to be shown `what`, such as "lot:7"; the reason has 10 characters or
    more."""
    with (
        transaction(by=by, reason=reason, using=SEALED_DB_ALIAS),
        connections[SEALED_DB_ALIAS].cursor() as cursor,
    ):
        cursor.execute(
            "insert into sealed.access (kind, object, reason, asked_by, asked_by_id)"
            " values ('product', %s, %s, %s, %s)",
            [what, reason, by.name, by.id],
        )
