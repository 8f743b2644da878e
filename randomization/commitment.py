"""Committing to a list before the first participant, without showing it.

SHA-256 over a secret salt and the canonical text. Whoever gets salt and list after the trial can
compare; before, the salt keeps anybody from trying all likely lists (integrity rules, finding 2).
"""

import hashlib
import hmac
from collections.abc import Iterable

from randomization.blocks import Slot

SALT_BYTES = 32


def canonical(slots: Iterable[Slot]) -> bytes:
    """One line a slot in the order of the list: stratum, number, arm, by tabs."""
    return "".join(f"{s.stratum}\t{s.number}\t{s.arm}\n" for s in slots).encode()


def commit(slots: Iterable[Slot], salt: bytes) -> str:
    """The hash to publish. Raises ValueError for a salt that is too short to hide anything."""
    if len(salt) != SALT_BYTES:
        raise ValueError(f"A salt has {SALT_BYTES} bytes.")
    return hashlib.sha256(salt + canonical(slots)).hexdigest()


def holds(commitment: str, slots: Iterable[Slot], salt: bytes) -> bool:
    """Whether this list is the one that was committed to."""
    return hmac.compare_digest(commitment, commit(slots, salt))
