"""What differs from run to run without meaning anything is held still: the clock and all chance.

Every random byte of Python comes from `os.urandom` in the end: session keys, CSRF tokens, nonces,
UUIDs, bag numbers. Here it comes from a stream that is begun anew before each request, so that a
world that draws once more than another differs there and not for ever after.
"""

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import time_machine

# Lies apart from the day of any run: a date of the database's own clock can be told from a date of
# the application's, and only the former is replaced (normalise.py).
START = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
STEP = timedelta(milliseconds=250)


@dataclass
class Stillness:
    """The clock and the chance of one world."""

    clock: time_machine.Traveller
    chance: random.Random = field(default_factory=random.Random)
    begun: int = 0

    def step(self, name: str) -> None:
        """Before each request: a moment later, with chance begun anew."""
        self.begun += 1
        self.clock.shift(STEP)
        self.chance.seed(f"{self.begun} {name}")

    def days(self, number: int) -> None:
        """Some days later."""
        self.clock.shift(timedelta(days=number))


@contextmanager
def still(name: str = "") -> Iterator[Stillness]:
    """Hold clock and chance still until the block ends. They begin the same way in each world."""
    patched = (os, "urandom"), (random, "_urandom")
    before = [getattr(module, attribute) for module, attribute in patched]
    with time_machine.travel(START, tick=False) as clock:
        found = Stillness(clock)
        found.step(name)
        for module, attribute in patched:
            setattr(module, attribute, found.chance.randbytes)
        try:
            yield found
        finally:
            for (module, attribute), real in zip(patched, before, strict=True):
                setattr(module, attribute, real)
