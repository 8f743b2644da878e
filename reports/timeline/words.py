"""Items of the timeline in words: what stands on a bar, where it leads, how it looks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from reports.timeline.marks import Ends, Item
from trial.crf.models import MODELS
from trial.crf.values import text_of
from trial.protocol.crf import Question, Row
from trial.web.formats import localized


@dataclass(frozen=True, slots=True)
class Shown:
    """One thing on the axis: a bar, or a point where `symbol` is given. `lane` heads its lines.

    `since` and `until` are its dates as they were entered, `remark` what else is to be known.
    """

    lane: str
    label: str
    ends: Ends
    tone: str = "grey"
    symbol: str = ""
    strong: bool = False
    url: str = ""
    since: str = ""
    until: str = ""
    remark: str = ""


def on(day: date) -> Ends:
    """The ends of a single day."""
    return Ends(day, day, day, day)


def lane_of(form: str) -> str:
    """What heads the lines of a form's rows."""
    names = {
        "adverse_event": _("Adverse events"),
        "aih_therapy": _("AIH treatment"),
        "medication": _("Other medication"),
        "deviation": _("Deviations"),
        "biopsy": _("Biopsies"),
    }
    return names.get(form, _("Course"))


_GRADES: Mapping[str, str] = {"1": "blue", "2": "amber", "3": "red", "4": "red", "5": "red"}
_TONES: Mapping[str, str] = {"aih_therapy": "green", "deviation": "amber", "biopsy": "blue"}
_SYMBOLS: Mapping[str, str] = {
    "deviation": "triangle", "biopsy": "rect", "disposition": "diamond", "death": "diamond",
}  # fmt: skip


def shown(item: Item, code: str) -> Shown:
    """A row of a form; `code` is the participant's."""
    return Shown(
        lane=lane_of(item.form),
        label=_label(item),
        ends=item.ends,
        tone=_GRADES.get(item.grade, "grey") if item.grade else _TONES.get(item.form, "grey"),
        symbol=_SYMBOLS.get(item.form, ""),
        strong=item.serious,
        url=address(item.row, code),
        since=item.when[0],
        until=item.when[1] or (_("ongoing") if item.ends.open else ""),
        remark=_remark(item),
    )


def address(row: Row, code: str) -> str:
    """The form on which a row is entered."""
    if row.visit:
        where = reverse("crf:visit", args=[code, row.visit.replace(" ", "-")])
        return f"{where}#sheet-{row.form}"
    return reverse("crf:sheet", args=[code, row.form, str(row.number)])


def _label(item: Item) -> str:
    row, form = item.row, MODELS[item.form].form
    if item.form == "biopsy":
        return f"{localized(form.label)} {row.visit}"
    names = [name for name in form.titled_by if not name.endswith("_on")]
    said = [_said(form.question(name), row[name]) for name in names]
    label = " ".join(filter(None, said)) or localized(form.label)
    if item.grade:
        label += f" · {_('grade %(n)s') % {'n': item.grade}}"
    return f"{label} · {_('serious')}" if item.serious else label


def _said(question: Question, value: Any) -> str:
    """An answer without the zeros that its column adds; none of them is a time."""
    if isinstance(value, Decimal):
        value = f"{value.normalize():f}"
    return text_of(question, value, UTC)


def _remark(item: Item) -> str:
    """What is uncertain about its days."""
    ends = item.ends
    unsure = ends.start_from != ends.start_by or ends.end_from != ends.end_by
    return _("day not known") if unsure else ""
