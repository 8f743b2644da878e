"""Participant codes: two digits of the site, a running number, a check digit.

"01-0070": site 01, participant 007, check digit 0. The check digit is Damm's (H. M. Damm, Total
anti-symmetrische Quasigruppen, 2004): it finds every single wrong digit and every swap of two
neighbours. Nothing in a code says who the participant is (R-53).
"""

import re
import unicodedata

_TABLE = (
    "0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
    "3674209581", "5869720134", "8945362017", "9438617205", "2581436790",
)  # fmt: skip
_PATTERN = re.compile(r"^(\d{2})-?(\d{3,5})(\d)$")
_DASHES = re.compile("[\u2010-\u2015\u2212]")


def check_digit(digits: str) -> str:
    """Damm's check digit of a string of decimal digits."""
    state = 0
    for digit in digits:
        state = int(_TABLE[state][int(digit)])
    return str(state)


def make_code(site: str, number: int) -> str:
    """The code of participant `number` (from 1) of site `site` (two digits)."""
    body = f"{number:03d}"
    return f"{site}-{body}{check_digit(site + body)}"


def normalise(text: str) -> str | None:
    """The code that `text` means, or None if it has no valid check digit.

    Spaces, a missing hyphen, another dash and full-width characters are understood.
    """
    match = _parts(text)
    if match is None:
        return None
    site, body, check = match.groups()
    return f"{site}-{body}{check}" if check_digit(site + body) == check else None


def mistyped(text: str) -> bool:
    """Whether `text` is a whole code whose check digit says that a digit is wrong."""
    return _parts(text) is not None and normalise(text) is None


def plain(text: str) -> str:
    """`text` as codes are written: no spaces, ASCII digits and hyphen."""
    folded = unicodedata.normalize("NFKC", "".join(text.split()))
    return _DASHES.sub("-", folded)


def _parts(text: str) -> re.Match[str] | None:
    written = plain(text)
    return _PATTERN.match(written) if written.isascii() else None
