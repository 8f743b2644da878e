"""How far lists have come, and from which number a further list counts on; no arm in it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import connections

from randomization.minimisation import EVERYWHERE
from trial.audit.context import SEALED_DB_ALIAS


@dataclass(frozen=True, slots=True)
class Stratum:
    """One stratum of a list: its slots, and how many are taken."""

    code: str
    slots: int
    taken: int

    @property
    def left(self) -> int:
        """Slots that are free."""
        return self.slots - self.taken


def progress_of(list_ids: Iterable[int]) -> Mapping[int, Sequence[Stratum]]:
    """The strata of each list, in one statement."""
    found: dict[int, list[Stratum]] = {}
    with connections[SEALED_DB_ALIAS].cursor() as cursor:
        cursor.execute(
            "select l.id, p.stratum, p.slots, p.taken from sealed.list l,"
            " sealed.progress(l.id) p where l.id = any(%s) order by l.id, p.stratum",
            [list(list_ids)],
        )
        for pk, *numbers in cursor.fetchall():
            found.setdefault(pk, []).append(Stratum(*numbers))
    return found


@dataclass(frozen=True, slots=True)
class Reached:
    """The last number of every stratum over all lists that have been in force."""

    last: Mapping[str, int]

    def first_in(self, stratum: str) -> int:
        """The number that a further list begins with in this stratum."""
        return max(self.last.get(stratum, 0), self.last.get(EVERYWHERE, 0)) + 1

    @property
    def first_everywhere(self) -> int:
        """The number that a minimisation begins with: beyond those of every stratum."""
        return max(self.last.values(), default=0) + 1


def reached() -> Reached:
    """How far all lists that have been in force reach."""
    with connections[SEALED_DB_ALIAS].cursor() as cursor:
        cursor.execute("select stratum, last from sealed.reached()")
        return Reached(dict(cursor.fetchall()))


def trial_has_ended() -> bool:
    """Whether the study is locked and nobody is in it any longer."""
    with connections[SEALED_DB_ALIAS].cursor() as cursor:
        cursor.execute("select sealed.ended()")
        return bool(cursor.fetchone()[0])
