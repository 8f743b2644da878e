"""Participant codes: two digits of the site, a running number, a check digit.

"01-0075": site 01, participant 007, check digit 5. The check digit is Damm's (H. M. Damm, Total
anti-symmetrische Quasigruppen, 2004): it finds every single wrong digit and every swap of two
neighbours. Nothing in a code says who the participant is (R-53).
"""

import re

_TABLE = (
    "0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
    "3674209581", "5869720134", "8945362017", "9438617205", "2581436790",
)  # fmt: skip
_PATTERN = re.compile(r"^(\d{2})-?(\d{3,5})(\d)$")


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
    """The code that `text` means, or None if it has no valid check digit."""
    match = _PATTERN.match("".join(text.split()))
    if match is None or not text.isascii():
        return None
    site, body, check = match.groups()
    return f"{site}-{body}{check}" if check_digit(site + body) == check else None
