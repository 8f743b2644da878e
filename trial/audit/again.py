"""A transaction that the database undid is run again as a whole (F-008, F-009)."""

from collections.abc import Callable
from typing import TypeVar

from django.db import DatabaseError, OperationalError

T = TypeVar("T")
ATTEMPTS = 3
_TORN = ("40001", "40P01")  # serialization failure, deadlock


class SealedError(DatabaseError):
    """The sealed schema failed, with this SQLSTATE: its own text may name what nobody may know."""

    def __init__(self, code: str) -> None:
        super().__init__(f"the sealed schema failed with {code or 'no code'}")
        self.code = code


def code_of(error: DatabaseError) -> str:
    """The SQLSTATE behind an error; "" where there is none."""
    own = getattr(error, "code", "")
    return str(own or getattr(error.__cause__, "pgcode", "") or "")


def again_if_torn(act: Callable[[], T]) -> T:
    """The whole unit, up to three times. `act` opens the outermost transaction itself."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return act()
        except (OperationalError, SealedError) as error:
            if code_of(error) not in _TORN or attempt == ATTEMPTS:
                raise
    raise AssertionError("the loop returns or raises")
