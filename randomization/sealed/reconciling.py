"""After a restore: comparing allocations with their slots, and saying that it was done."""

from dataclasses import dataclass

from django.db import connections

from trial.audit.context import SEALED_DB_ALIAS, Actor, transaction


@dataclass(frozen=True, slots=True)
class Difference:
    """A slot or an allocation without the other. `problem`: slot_without_allocation,
    allocation_without_slot, another_slot."""

    participant_id: int
    stratum: str
    number: int
    problem: str


def differences() -> list[Difference]:
    """What does not agree; empty: every allocation has its slot."""
    with connections[SEALED_DB_ALIAS].cursor() as cursor:
        cursor.execute("select participant_id, stratum, number, problem from sealed.unreconciled()")
        return [Difference(*row) for row in cursor.fetchall()]


def reconcile(*, newest: str, by: Actor) -> None:
    """Record that all was compared since the restore; `newest` is the newest number the sites
    know of, "" where they know of none. The database compares once more."""
    with (
        transaction(by=by, reason="compared after a restore", using=SEALED_DB_ALIAS),
        connections[SEALED_DB_ALIAS].cursor() as cursor,
    ):
        cursor.execute("select sealed.reconcile(%s, %s)", [newest, by.name])
