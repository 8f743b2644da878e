"""Random numbers from a secret seed, the same on every machine and in every year.

HMAC-SHA-256 in counter mode: the block for counter n is HMAC(seed, label ‖ n). Python's own
generators promise no such stability over versions, and are not made for secrets.
"""

import hashlib
import hmac
from collections.abc import MutableSequence
from typing import TypeVar

T = TypeVar("T")
SEED_BYTES = 32


class Stream:
    """An endless row of random numbers that `seed` and `label` decide.

    Streams of one seed with different labels are independent of each other. Raises ValueError for
    a seed that is not 32 bytes.
    """

    def __init__(self, seed: bytes, label: str) -> None:
        if len(seed) != SEED_BYTES:
            raise ValueError(f"A seed has {SEED_BYTES} bytes, this one {len(seed)}.")
        self._seed = seed
        self._label = label.encode()
        self._counter = 0

    def _word(self) -> int:
        """The next 64 bits."""
        message = self._label + b"\x00" + self._counter.to_bytes(8, "big")
        self._counter += 1
        return int.from_bytes(hmac.new(self._seed, message, hashlib.sha256).digest()[:8], "big")

    def below(self, bound: int) -> int:
        """A whole number from 0 to bound - 1, each as likely as any other."""
        if not 0 < bound <= 1 << 32:
            raise ValueError(f"{bound} is not a bound between 1 and 2^32.")
        limit = (1 << 64) - (1 << 64) % bound  # what lies above would favour small numbers
        while (word := self._word()) >= limit:
            pass
        return word % bound

    def shuffle(self, items: MutableSequence[T]) -> None:
        """Put items into random order, in place (Fisher and Yates; Durstenfeld 1964)."""
        for last in range(len(items) - 1, 0, -1):
            other = self.below(last + 1)
            items[last], items[other] = items[other], items[last]
