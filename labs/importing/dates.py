"""Reading a date in a stated format, and no other; F-104. Pure.

Without a stated format only YYYY-MM-DD is read: 01/02/2024 is two days.
"""

import re
import unicodedata
from datetime import date
from functools import cache, lru_cache

ISO = "YYYY-MM-DD"
_TOKENS = {
    "YYYY": r"(?P<year>[0-9]{4})",
    "MON": r"(?P<name>[A-Za-z]{3})",
    "MM": r"(?P<month>[0-9]{2})",
    "DD": r"(?P<day>[0-9]{2})",
    "M": r"(?P<month>[0-9]{1,2})",
    "D": r"(?P<day>[0-9]{1,2})",
}
_TOKEN = re.compile("|".join(_TOKENS))
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_OTHER_ORDER = re.compile(r"[0-9]{1,2}[-/. ][0-9]{1,2}[-/. ][0-9]{4}")
_SHORT_YEAR = re.compile(r"[0-9]{1,2}[-/. ](?:[0-9]{1,2}|[A-Za-z]{3})[-/. ][0-9]{2}")


class DateError(ValueError):
    """Codes: date_ambiguous, date_short_year, date_serial, date_no_day, date_format_differs."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def known_format(text: str) -> bool:
    """Whether `text` names year, month and day exactly once, e.g. "DD.MM.YYYY", "D-MON-YYYY"."""
    found = [match.group() for match in _TOKEN.finditer(text)]
    kinds = sorted("month" if token.startswith("M") else token[0] for token in found)
    return kinds == ["D", "Y", "month"] and not re.search(r"[A-Za-z0-9]", _TOKEN.sub("", text))


@cache
def _pattern(text: str) -> re.Pattern[str]:
    parts, end = [], 0
    for match in _TOKEN.finditer(text):
        parts += [re.escape(text[end : match.start()]), _TOKENS[match.group()]]
        end = match.end()
    return re.compile("".join([*parts, re.escape(text[end:])]))


@lru_cache(maxsize=20_000)
def parse_date(text: str, stated: str = "") -> date:
    """The day that `text` names in the format `stated` (ISO if none is). Raises DateError."""
    plain = unicodedata.normalize("NFKC", text.strip())
    match = _pattern(stated or ISO).fullmatch(plain)
    if match is None:
        raise DateError(_refusal(plain, stated))
    found = match.groupdict()
    try:
        return date(int(found["year"]), _month(found), int(found["day"]))
    except ValueError:
        raise DateError("date_no_day") from None


def _month(found: dict[str, str]) -> int:
    return int(found["month"]) if "month" in found else _MONTHS.index(found["name"].lower()) + 1


def _refusal(plain: str, stated: str) -> str:
    if re.fullmatch(r"[0-9]{5}", plain):
        return "date_serial"
    if _SHORT_YEAR.fullmatch(plain):
        return "date_short_year"
    if stated in ("", ISO) and _OTHER_ORDER.fullmatch(plain):
        return "date_ambiguous"
    return "date_format_differs"
