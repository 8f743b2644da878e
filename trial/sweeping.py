"""What apps above labs have done in each round of the sweeper (labs/management/commands/sweep.py).

An app says so in its apps.py. Its work is like all that the sweeper does: what waits is a query,
doing it twice does it once, and a round that ends early leaves the rest to the next one.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db import InterfaceError, OperationalError

logger = logging.getLogger(__name__)
SECONDS = 20.0  # what each work may take of a round: people wait for evaluations


@dataclass(frozen=True, slots=True)
class Budget:
    """How long a work may go on: it looks between two pieces, and leaves the rest once spent."""

    until: float  # on the monotonic clock

    @classmethod
    def of(cls, seconds: float) -> "Budget":
        """A budget that begins now."""
        return cls(time.monotonic() + seconds)

    @property
    def spent(self) -> bool:
        """Whether the time is over."""
        return time.monotonic() >= self.until


Work = Callable[[Budget], int]  # returns how many pieces it did
_JOINED: dict[str, Work] = {}


class Unfinished(RuntimeError):  # noqa: N818 - it is a sentence: not done
    """Some of the work failed; the log says why."""


def register(name: str, work: Work) -> None:
    """Have `work` done in each round. ValueError if the name is another's."""
    if _JOINED.setdefault(name, work) is not work:
        raise ValueError(f"{name} joined the sweeper already")


def work_joined(seconds: float = SECONDS) -> int:
    """Do all that joined, each with a budget of its own. Returns how many pieces were done.

    One that raises does not stop the others: Unfinished is raised after the last one. Raises
    OperationalError or InterfaceError at once if the database is gone.
    """
    done, failed = 0, []
    for name, work in tuple(_JOINED.items()):
        try:
            done += work(Budget.of(seconds))
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("%s failed in this round", name)
            failed.append(name)
    if failed:
        raise Unfinished(f"not done: {', '.join(failed)}")
    return done
