"""Beside the forms of a visit: what has changed since baseline, symptoms and weight (§11)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

from django.utils.translation import gettext as _

from trial.crf.panels import Panel
from trial.protocol.casebook.symptoms import FORM as SYMPTOMS
from trial.protocol.casebook.symptoms import ratings
from trial.protocol.crf import Facts, Row
from trial.protocol.symptoms import Scale, SymptomParameters
from trial.protocol.version import ProtocolVersion
from trial.web.formats import localized
from visits.symptoms import Change, Ratings, baseline, changes

BASELINE = "D0"
_SEX: Mapping[str, Literal["F", "M"]] = {"F": "F", "M": "M"}


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One symptom that has changed, with its answers then and now."""

    name: str
    before: str
    now: str


def symptoms_panel(
    facts: Facts, participant: Any, protocol: ProtocolVersion, row: Row | None
) -> Panel | None:
    """What is better and worse than at baseline; None at baseline itself, or before it."""
    first = first_infusion(facts)
    on = None if row is None or row.not_done else _day(row, "assessed_on")
    if row is None or first is None or on is None or on <= first:
        return None
    parameters = protocol.symptoms.concerning(_SEX.get(facts.person.sex))
    course = [
        _ratings(one, day, parameters)
        for one in facts.all(SYMPTOMS.code)
        if not one.not_done and (day := _day(one, "assessed_on")) is not None
    ]
    before = baseline(parameters, course, first)
    found = changes(parameters, before, _ratings(row, on, parameters))
    now = ratings(row.values)
    return Panel("visits/_symptoms_panel.html", {
        "worse": _lines([one for one in found if one.worsened], before, now, parameters),
        "better": _lines([one for one in found if one.improved], before, now, parameters),
        "same": sum(one.difference == 0 for one in found),
        "open": [_name(one.code) for one in found if one.difference is None],
        "since": first,
    })  # fmt: skip


def weight_panel(
    facts: Facts, participant: Any, protocol: ProtocolVersion, row: Row | None
) -> Panel | None:
    """The weight against that of the last measurement until the first infusion."""
    first = first_infusion(facts)
    on = None if row is None or row.not_done else _day(row, "measured_on")
    if row is None or first is None or on is None or on <= first or row["weight_kg"] is None:
        return None
    earlier = [
        (day, one["weight_kg"])
        for one in facts.all("vital_signs")
        if one["weight_kg"] is not None
        and (day := _day(one, "measured_on")) is not None
        and day <= first
    ]
    if not earlier:
        return None
    day, before = max(earlier)
    change = row["weight_kg"] - before
    percent = (100 * change / before).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
    return Panel("visits/_weight_panel.html", {
        "day": day, "before": before, "change": f"{change:+}", "percent": f"{percent:+}",
    })  # fmt: skip


def first_infusion(facts: Facts) -> date | None:
    """The day of the first infusion, None until its visit was held."""
    found = (one.held_on for one in facts.visits if one.label == BASELINE)
    return next((day for day in found if day is not None), None)


def _day(row: Row, name: str) -> date | None:
    given: date | None = row[name]
    return given or row.on


def _ratings(row: Row, on: date, parameters: SymptomParameters) -> Ratings:
    known = ratings(row.values)
    return Ratings(on, {item.code: known.get(item.code) for item in parameters.items})


def _lines(
    found: Sequence[Change],
    before: Mapping[str, int | None],
    now: Mapping[str, int | None],
    parameters: SymptomParameters,
) -> list[ChangeLine]:
    return [
        ChangeLine(
            _name(one.code),
            _answer(one.code, before.get(one.code), parameters),
            _answer(one.code, now.get(one.code), parameters),
        )
        for one in found
    ]


def _name(code: str) -> str:
    return localized(SYMPTOMS.question(code).label)


def _answer(code: str, score: int | None, parameters: SymptomParameters) -> str:
    """A rating as the form words it; a number on the 0 to 10 scale stays a number."""
    question = SYMPTOMS.question(code)
    if score is None:
        return "–"
    if question.codes:
        return localized(question.codes[score].label)
    if parameters.by_code[code].scale is Scale.PRESENCE:
        return _("yes") if score else _("no")
    return str(score)
