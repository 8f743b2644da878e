"""A cut through all history: which transactions had been committed when somebody looked.

A signature, a verification and a snapshot each keep the watermark of what they saw. What was
written later, or was written earlier but committed later, lies after it: no clock decides.
"""

from dataclasses import dataclass

from django.db import connection


@dataclass(frozen=True, slots=True)
class Watermark:
    """`generation` counts restores from a dump, which set transaction numbers back (F-142);
    `snapshot` is PostgreSQL's pg_snapshot as text."""

    generation: int
    snapshot: str


def watermark() -> Watermark:
    """What the running statement can see; under REPEATABLE READ, what the transaction sees."""
    with connection.cursor() as cursor:
        cursor.execute("select audit_generation_now(), pg_current_snapshot()::text")
        generation, snapshot = cursor.fetchone()
    return Watermark(generation, snapshot)
