"""The panel beside the AIH treatment: doses in terms of prednisolone, sums, azathioprine per kg."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.translation import gettext as _

from patients.exposure import (
    Azathioprine,
    Exposure,
    azathioprine_on,
    exposure_of,
    overlapping,
)
from patients.regimens import Span
from patients.steroids import Amount, FirstDay, daily_dose
from patients.therapy_lines import TherapyLine, lines_of, raised_by, steroids_in
from trial.crf.panels import Panel
from trial.protocol.crf import Facts, Row
from trial.protocol.truth import all_true
from trial.protocol.version import ProtocolVersion
from trial.web.formats import NOTHING, isodate

TEMPLATE = "patients/_therapy_panel.html"


@dataclass(frozen=True, slots=True)
class DayLine:
    """What was taken on the day of a visit, or today."""

    name: str
    on: date
    steroid: str
    azathioprine: str
    high: bool


def therapy_panel(
    facts: Facts, participant: Any, protocol: ProtocolVersion, row: Row | None
) -> Panel | None:
    """What follows from all lines together; None while there is none. No statement."""
    lines = lines_of((one.number, one.values) for one in facts.all("aih_therapy"))
    if not lines:
        return None
    until = min(facts.today, facts.person.ended_on or facts.today)
    exposure = exposure_of(lines, until, protocol.steroids)
    return Panel(TEMPLATE, {
        "facts": _facts(exposure, protocol.steroids.low_dose) if exposure else [],
        "days": _days(facts, lines, until, protocol),
        "warnings": _warnings(exposure, lines, protocol),
    })  # fmt: skip


def _facts(exposure: Exposure, low: Decimal) -> list[tuple[str, str]]:
    words = {"first": exposure.first.isoformat(), "until": exposure.until.isoformat()}
    return [
        (_("Prednisolone equivalent, %(until)s") % words, _a_day(exposure.today)),
        (_("Sum from %(first)s to %(until)s") % words, amount_text(exposure.cumulative)),
        (_("First day at %(mg)s mg or less") % {"mg": _number(low)}, _low_text(exposure)),
        (_("Free of steroids since"), _free_text(exposure)),
    ]


def _days(
    facts: Facts, lines: Sequence[TherapyLine], until: date, protocol: ProtocolVersion
) -> list[DayLine]:
    """Each visit that was held, and today."""
    held = [(one.label, one.held_on) for one in facts.visits if one.held_on is not None]
    days = [*sorted(held, key=lambda one: one[1]), (_("Today"), until)]
    weights = [
        (row["measured_on"], row["weight_kg"])
        for row in facts.all("vital_signs")
        if row["measured_on"] is not None and row["weight_kg"] is not None
    ]
    found = []
    for name, on in days:
        dose = daily_dose(steroids_in(lines), on, protocol.steroids)
        other = azathioprine_on(lines, weights, on, protocol.steroids, protocol.azathioprine)
        high = bool(other and other.high)
        found.append(DayLine(name, on, _a_day(dose), _azathioprine_text(other), high))
    return found


def _warnings(
    exposure: Exposure | None, lines: Sequence[TherapyLine], protocol: ProtocolVersion
) -> list[str]:
    texts = []
    for one in exposure.gaps if exposure else ():
        text = _("No steroid is recorded: %(days)s.")
        if not one.certain:
            text = _("Perhaps no steroid is recorded: %(days)s.")
        texts.append(text % {"days": _span_text(one)})
    for first, second, days in overlapping(lines, protocol.steroids):
        text = _("Lines %(one)s and %(other)s of the same drug share days: %(days)s.")
        if not days.certain:
            text = _("Lines %(one)s and %(other)s of the same drug may share days: %(days)s.")
        texts.append(text % {"one": first.number, "other": second.number, "days": _span_text(days)})
    texts += [
        _("Line %(line)s may be treatment of a relapse, but its day, dose or reason leaves that "
          "open: the relapse rules pass over it.") % {"line": line.number}
        for line in lines
        if _open_relapse(line, lines, protocol)
    ]  # fmt: skip
    return texts


def _open_relapse(
    line: TherapyLine, lines: Sequence[TherapyLine], protocol: ProtocolVersion
) -> bool:
    """Whether the relapse rules can't tell (labs/course_inputs.py hands such steps back)."""
    return all_true(raised_by(line, lines, protocol.steroids), line.for_relapse) is None


# --- in words -----------------------------------------------------------------------------------
def amount_text(amount: Amount) -> str:
    """ "12.5 mg", "5 to 10 mg", or "at least 5 mg" where there is no upper bound."""
    low = _number(amount.low)
    if amount.exact is not None:
        return f"{low} mg"
    if amount.high is None:
        return _("at least %(low)s mg") % {"low": low}
    return _("%(low)s to %(high)s mg") % {"low": low, "high": _number(amount.high)}


def first_day_text(day: FirstDay) -> str:
    """A day, the days it lies between, or that it was on none."""
    if day.earliest is None:
        return _("on no day so far")
    if day.exact is not None:
        return isodate(day.exact)
    if day.latest is None:
        return _("perhaps from %(day)s on") % {"day": isodate(day.earliest)}
    words = {"first": isodate(day.earliest), "last": isodate(day.latest)}
    return _("between %(first)s and %(last)s") % words


def _low_text(exposure: Exposure) -> str:
    day = exposure.low.exact
    if day is None or not exposure.first_exact:
        return first_day_text(exposure.low)
    words = {"day": isodate(day), "n": (day - exposure.first).days}
    return _("%(day)s, %(n)s days after the start") % words


def _free_text(exposure: Exposure) -> str:
    if exposure.free is None:
        return _("not known: the dates leave it open")
    if exposure.free is False or exposure.free_since is None:
        return _("a steroid is being taken")
    since = exposure.free_since
    if since.exact is None and since.earliest is None and since.latest is not None:
        return _("at the latest since %(day)s") % {"day": isodate(since.latest)}
    return first_day_text(since)


def _a_day(amount: Amount) -> str:
    if amount.exact == 0:
        return _("none")
    return _("%(mg)s a day") % {"mg": amount_text(amount)}


def _azathioprine_text(found: Azathioprine | None) -> str:
    if found is None:
        return _("none")
    if found.mg is None:
        return _("dose not known")
    if found.per_kg is None:
        return _("%(mg)s mg a day, weight not known") % {"mg": _number(found.mg)}
    words = {"mg": _number(found.mg), "per_kg": _number(found.per_kg, "0.01")}
    return _("%(mg)s mg a day, %(per_kg)s mg/kg") % words


def _number(value: Decimal, step: str = "0.1") -> str:
    rounded = value.quantize(Decimal(step), rounding=ROUND_HALF_UP)
    return format(rounded, "f").rstrip("0").rstrip(".")


def _span_text(span: Span) -> str:
    last = NOTHING if span.last == date.max else isodate(span.last)
    return isodate(span.first) if span.first == span.last else f"{isodate(span.first)} – {last}"
