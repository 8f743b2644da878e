"""A transaction that the database undid is run again as a whole (F-008, F-009)."""

from collections.abc import Callable
from typing import TypeVar

from django.db import DatabaseError, OperationalError

T = TypeVar("T")
ATTEMPTS = 3
_TORN = ("40001", "40P01")  # serialization failure, deadlock


def code_of(error: DatabaseError) -> str:
    """The SQLSTATE of an error; "" where the database gave none."""
    return str(getattr(error.__cause__, "pgcode", "") or "")


def again_if_torn(act: Callable[[], T]) -> T:
    """The whole unit, up to three times. `act` opens the outermost transaction itself."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return act()
        except OperationalError as error:
            if code_of(error) not in _TORN or attempt == ATTEMPTS:
                raise
    raise AssertionError("the loop returns or raises")
