"""In which order a blinded reader sees the biopsies of a batch (clinical rules §5.3). Pure.

The order follows from a secret seed, the batch and the reader, on every machine and in every year;
it doesn't depend on the order in which the biopsies are given. So nobody who knows the order
learns time points, and every reader has an order of their own. No two biopsies of one participant
follow each other where that can be avoided; where it can't, as seldom as possible.
"""

import hashlib
import hmac
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise

ALGORITHM = "reading-order-1"
SEED_BYTES = 32


@dataclass(frozen=True, slots=True)
class Specimen:
    """A biopsy to be read; `code` is all the reader sees, `participant` keeps two apart."""

    code: str
    participant: str


def reading_order(
    specimens: Sequence[Specimen],
    *,
    seed: bytes,
    reader: str,
    batch: str,
    after: str | None = None,
) -> tuple[Specimen, ...]:
    """All specimens of a batch in this reader's order.

    `after` is the participant of the biopsy the reader saw last in an earlier batch. The order is
    a random one that gives way only where a participant's biopsies would meet or could later not
    be kept apart; it is not exactly uniform among the orders that are left. Raises ValueError for
    a seed that is not 32 bytes, or a code that two specimens have.
    """
    if len(seed) != SEED_BYTES:
        raise ValueError(f"A seed has {SEED_BYTES} bytes, this one {len(seed)}.")
    if len({one.code for one in specimens}) != len(specimens):
        raise ValueError("Two specimens have one code.")
    own = reduce(_digest, (ALGORITHM, batch, reader), seed)
    waiting = sorted(specimens, key=lambda one: _digest(own, one.code))
    return tuple(_apart(waiting, after))


def meetings(order: Sequence[Specimen]) -> int:
    """How often two biopsies of one participant follow each other."""
    return sum(one.participant == other.participant for one, other in pairwise(order))


def _apart(waiting: list[Specimen], after: str | None) -> Iterator[Specimen]:
    """One after the other in their order, participants kept apart; empties the list."""
    left = Counter(one.participant for one in waiting)
    while waiting:
        found = _next(waiting, left, after)
        waiting.remove(found)
        left[found.participant] -= 1
        yield found
        after = found.participant


def _digest(key: bytes, text: str) -> bytes:
    """Step by step, so that no two rows of texts can run together into one."""
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def _next(waiting: Sequence[Specimen], left: Counter[str], after: str | None) -> Specimen:
    """The first one that costs no meeting that could be avoided; there always is one."""
    best = _unavoidable(left, after)
    for one in waiting:
        rest = left.copy()
        rest[one.participant] -= 1
        if (one.participant == after) + _unavoidable(rest, one.participant) == best:
            return one
    raise AssertionError("One order has as few meetings as is possible.")


def _unavoidable(left: Counter[str], after: str | None) -> int:
    """How many meetings the rest has at least: one participant's against all others that part them.

    With c of one participant and n - c others there are n - c + 1 places that don't meet, one
    fewer if that participant was the last one seen.
    """
    everyone = left.total()
    lacking = (
        mine - (everyone - mine) - (participant != after)
        for participant, mine in left.items()
        if mine
    )
    return max((0, *lacking))
