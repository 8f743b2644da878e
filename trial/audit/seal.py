"""Sealing the trail, and comparing it with its seals (integrity rules §3.3).

A seal hashes the events that have become final since the one before, so that whoever edits,
removes or slips in an event afterwards, with whatever rights, is found. What a seal can't show is
that the newest seals are missing with all they covered: for that, anchors leave the system
(trial/audit/anchors.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection, connections
from django.utils import timezone

from trial.audit.context import SEALED_DB_ALIAS, seal_sealed
from trial.audit.models import Event, Seal

EVERY = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. `code`: seal_chain, seal_root, event_missing, event_changed,
    event_added, row_changed, row_missing, row_without_event, anchor_missing, anchor_changed."""

    code: str
    seal: int | None = None
    event: int | None = None
    record: str = ""

    def __str__(self) -> str:
        parts = [self.code]
        parts += [f"seal {self.seal}"] if self.seal else []
        parts += [f"event {self.event}"] if self.event else []
        parts += [self.record] if self.record else []
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Report:
    """What a comparison looked at and what it found; `problems` empty: all is as it was sealed."""

    seals: int
    events: int
    unsealed: int
    redacted: int
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        return not self.problems


def seal_now() -> int:
    """Seal what is final. Returns how many events that were; 0 makes no seal.

    A long row of events gets several seals. Waits for a seal under way. Best called outside a
    transaction: what the caller's own transaction has written is not final, and others wait until
    it ends.
    """
    total = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute("select audit_seal_now()")
            [sealed] = cursor.fetchone()
            if not sealed:
                return total
            total += int(sealed)


def seal_if_due() -> int:
    """`seal_now`, unless the last seal is younger than a minute."""
    last = Seal.objects.order_by("-n").values_list("at", flat=True).first()
    return seal_now() if last is None or timezone.now() - last >= EVERY else 0


def last_seal() -> Seal | None:
    """The newest seal, without the ids it covers."""
    return Seal.objects.defer("ids").order_by("-n").first()


def verify(*, data: bool = True) -> Report:
    """Compare the trail with its seals and, with `data`, every table with the trail (F-091, F-093).

    Reads everything: minutes on a large study.
    """
    with connection.cursor() as cursor:
        cursor.execute("set statement_timeout = 0")
    try:
        return _verify(data=data)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("reset statement_timeout; reset timezone")


def verify_sealed() -> Report:
    """The same for the trail of what is sealed, in a process that has its login: against the seals
    alone, since nobody reads the tables behind it."""
    seal_sealed()
    with connections[SEALED_DB_ALIAS].cursor() as cursor:
        cursor.execute("select seal, event, problem from sealed.verify()")
        problems = tuple(Problem(code, seal=n, event=event) for n, event, code in cursor.fetchall())
        cursor.execute(
            "select count(*), coalesce(sum(cardinality(ids)), 0), sealed.events(),"
            " (select count(*) from sealed.redacted) from sealed.seal"
        )
        seals, sealed, events, redacted = cursor.fetchone()
    return Report(seals, int(sealed), max(0, events - int(sealed)), redacted, problems)


def _verify(*, data: bool) -> Report:
    problems = [*_against_seals(), *(_against_data() if data else ())]
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*), coalesce(sum(cardinality(ids)), 0),"
            " (select count(*) from audit_redacted) from audit_seal"
        )
        seals, events, redacted = cursor.fetchone()
    unsealed = Event.objects.count() - int(events)
    return Report(seals, int(events), max(0, unsealed), redacted, tuple(problems))


def _against_seals() -> Iterator[Problem]:
    with connection.cursor() as cursor:
        cursor.execute("select seal, event, problem from audit_verify()")
        for seal, event, code in cursor.fetchall():
            yield Problem(code, seal=seal, event=event)


# The newest event of each row against the row itself: who has written past the triggers is found.
# Columns that came or went with a migration since are left out; so is what has been redacted.
_COMPARE = """
with newest as (
  select e.id, e.record_id, e.kind, e.new from audit_event e
  join (select max(id) as id from audit_event
        where table_name = {name} and kind in ('insert', 'update', 'delete')
        group by record_id) m on m.id = e.id
), rows as (
  select to_jsonb(t) ->> {pk} as pk, to_jsonb(t) as j from {table} t
)
select case when n.record_id is null or n.kind = 'delete' then 'row_without_event'
            when r.j is null then 'row_missing' else 'row_changed' end,
       n.id, coalesce(n.record_id, r.pk)
from newest n full join rows r on r.pk = n.record_id
where (n.kind is distinct from 'delete' or r.j is not null)
  and (r.j is null or n.record_id is null or n.kind = 'delete'
       or n.new is distinct from r.j and exists (
    select from jsonb_each(n.new) k
    where r.j ? k.key and (r.j -> k.key) is distinct from k.value
      and not (jsonb_typeof(k.value) = 'object' and k.value ? 'redacted')))
limit 1000
"""


def _against_data() -> Iterator[Problem]:
    with connection.cursor() as cursor:
        cursor.execute("select set_config('timezone', 'UTC', false)")
        for table, pk in _tracked():
            cursor.execute(
                _COMPARE.format(name=f"'{table}'", table=f'public."{table}"', pk=f"'{pk}'")
            )
            for code, event, record_id in cursor.fetchall():
                yield Problem(code, event=event, record=f"{table}:{record_id}")


def _tracked() -> list[tuple[str, str]]:
    """(table, column of its key) of every table under history."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select c.relname, split_part(encode(t.tgargs, 'escape'), '\\000', 1)"
            " from pg_trigger t join pg_class c on c.oid = t.tgrelid"
            " where t.tgname = 'history_insert' and c.relnamespace = 'public'::regnamespace"
            " order by 1"
        )
        return [(table, pk) for table, pk in cursor.fetchall()]
