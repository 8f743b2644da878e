"""Answers as they are compared, marked and shown."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trial.protocol.crf import Question, blank
from trial.web.fields import LOCAL
from trial.web.formats import localized, plain_number

_WORDS = {
    "tablets": gettext_lazy("tablets"),
    "doses": gettext_lazy("doses"),
    "mg/day": gettext_lazy("mg/day"),
    "g/day": gettext_lazy("g/day"),
    "/min": gettext_lazy("/min"),
}


def same(stored: Any, typed: Any) -> bool:
    """Whether two answers are one: nothing is nothing however it is written, and a box that was
    never ticked is not ticked."""
    typed = typed.strip() if isinstance(typed, str) else typed
    if blank(stored) and blank(typed):
        return True
    return bool(stored == typed)


def mark_of(values: Mapping[str, Any]) -> str:
    """A short text that is another one as soon as one of the answers is. A moment is the same on
    every clock: rows hold it in UTC, what pages draw holds it on the site's."""
    held = {name: "" if blank(value) else _plain(value) for name, value in values.items()}
    text = json.dumps(held, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _plain(value: Any) -> str:
    return str(value.astimezone(UTC) if isinstance(value, datetime) else value)


def text_of(question: Question, value: Any, zone: tzinfo) -> str:
    """An answer as a person reads it, times on the site's clock; "" for none."""
    if blank(value):
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return value.astimezone(zone).strftime(LOCAL)
    if question.kind == "choice":
        return localized(question.code(value).label)
    text = plain_number(value) if isinstance(value, Decimal) else str(value)
    return f"{text} {unit_text(question.unit)}" if question.unit else text


def unit_text(unit: str) -> str:
    """A unit as it is written in the language of the page: symbols are the same in all."""
    return str(_WORDS.get(unit, unit))
