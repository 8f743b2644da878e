"""Numbers on bags: seven digits drawn at random and Damm's check digit. Pure.

A number says nothing: not the lot, not the order of filling, not what is in the bag (F-039).
"""

import re
import unicodedata
from collections.abc import Callable, Collection

from patients.codes import check_digit

_PATTERN = re.compile(r"^\d{8}$")
_BODIES = 10**7


def draw(count: int, taken: Collection[str], below: Callable[[int], int]) -> list[str]:
    """`count` new numbers, none of `taken`; `below(n)` draws a whole number from 0 to n - 1."""
    found: dict[str, None] = {}
    while len(found) < count:
        body = f"{below(_BODIES):07d}"
        number = body + check_digit(body)
        if number not in taken:
            found[number] = None
    return list(found)


def normalise(text: str) -> str | None:
    """The number that `text` means, typed or scanned, or None if its check digit is wrong."""
    plain = unicodedata.normalize("NFKC", "".join(text.split())).replace("-", "")
    if not (plain.isascii() and _PATTERN.match(plain)):
        return None
    return plain if check_digit(plain[:-1]) == plain[-1] else None


def shown(number: str) -> str:
    """As people read it: "1234-5678"."""
    return f"{number[:4]}-{number[4:]}"
