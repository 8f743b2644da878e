"""How study texts, dates and times are written: the same everywhere."""

from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import get_language

from trial.protocol.label import Label

NOTHING = "–"


def localized(label: Label | str) -> str:
    """A protocol text in the language of the page; plain text is given back as it is."""
    return label.text(get_language() or "en") if isinstance(label, Label) else label


def isodate(day: date | None) -> str:
    """2026-03-05, in every language; an en dash for no date. An aware time gives its local day."""
    if day is None:
        return NOTHING
    if isinstance(day, datetime):
        day = timezone.localtime(day).date() if timezone.is_aware(day) else day.date()
    return day.isoformat()


def _zone(name: str) -> tzinfo:
    return ZoneInfo(name) if name else timezone.get_current_timezone()


def offset(moment: datetime) -> str:
    """An aware time's distance from UTC: "UTC+08:00", or "UTC"."""
    seconds = int((moment.utcoffset() or timedelta()).total_seconds())
    if not seconds:
        return "UTC"
    hours, minutes = divmod(abs(seconds) // 60, 60)
    return f"UTC{'-' if seconds < 0 else '+'}{hours:02}:{minutes:02}"


def clock(moment: datetime | None, zone: str = "") -> str:
    """2026-03-05 14:02 (UTC+08:00), in the IANA zone given or else the page's own.

    An en dash for no time. A time without a zone is a programming error (ValueError).
    """
    if moment is None:
        return NOTHING
    if timezone.is_naive(moment):
        raise ValueError("A time without a zone cannot be shown.")
    local = moment.astimezone(_zone(zone))
    return f"{local:%Y-%m-%d %H:%M} ({offset(local)})"


def plain_number(value: Decimal) -> str:
    """A number without the zeros that only its column adds: 40 for 40.000, 7.5 for 7.500."""
    return f"{value.normalize():f}"


def or_dash(value: object) -> object:
    """The value; an en dash for None and empty text. Zero stays zero."""
    return NOTHING if value is None or value == "" else value
