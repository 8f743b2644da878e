"""What a section of the infusion form may hold, judged before it is stored (R-30, §8.4).

Each check gets the rows as they would be, raises nothing, and answers with messages by field.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from trial.protocol.dosing import DosingParameters
from visits.custody import State
from visits.dosing import Grade, WeightError, check_weight_date, given_cells, grade
from visits.infusion_limits import beyond
from visits.infusion_sections import Section, blank
from visits.models import Infusion, Visit
from visits.models.course import Phase
from visits.selectors.infusions import Sheet, order_of, verified_at
from visits.vitals_plan import BASELINE

Errors = dict[str, list[str | Promise]]
# A tablet's clock and a minute that is not over yet.
AHEAD = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Desk:
    """What the checks know beside the row: the visit with participant and site, what is stored."""

    visit: Visit
    sheet: Sheet
    dosing: DosingParameters
    now: datetime

    @property
    def started(self) -> datetime | None:
        return self.sheet.started

    @property
    def ended(self) -> datetime | None:
        return self.sheet.ended


Check = Callable[[Desk, Section, Any], Errors]


def errors_of(desk: Desk, section: Section, row: Any) -> Errors:
    """Everything against storing `row`, by field."""
    found: Errors = {}
    for name in section.fields:
        value = getattr(row, name)
        bounds = beyond(name, value)
        if bounds is not None:
            words = _("This lies outside %(low)s to %(high)s: it was mistyped.")
            found[name] = [words % {"low": bounds[0], "high": bounds[1]}]
        elif isinstance(value, datetime) and value > desk.now + AHEAD:
            found[name] = [_("The time lies in the future.")]
    return found or CHECKS[section.kind](desk, section, row)


def _needed(row: Any, *names: str) -> Errors:
    return {name: [_("Fill this in.")] for name in names if blank(getattr(row, name))}


def _order(desk: Desk, _section: Section, row: Infusion) -> Errors:
    missing = _needed(row, "weight_kg", "weighed_on")
    if missing or row.weight_kg is None or row.weighed_on is None:
        return missing
    try:
        found = order_of(desk.dosing, row.weight_kg, desk.sheet.bag.shipment)
    except WeightError:
        return {"weight_kg": [_("A weight lies between 25 and 250 kg.")]}
    row.ordered_cells, row.ordered_ml = found.cells, found.volume
    regrade(desk.dosing, row)
    return _weight_date(desk, row, row.started) or _explained(row)


def _weight_date(desk: Desk, row: Infusion, start: datetime | None) -> Errors:
    zone = desk.visit.participant.site.zone
    on = (start or desk.now).astimezone(zone).date()
    if row.weighed_on is None:
        return {}
    try:
        check_weight_date(desk.dosing, row.weighed_on, on)
    except WeightError as error:
        if error.code == "after":
            return {"weighed_on": [_("The participant can't have been weighed after the start.")]}
        words = _("The weight is older than %(days)s days: weigh the participant again.")
        return {"weighed_on": [words % {"days": desk.dosing.weight_max_age_days}]}
    return {}


def regrade(parameters: DosingParameters, row: Infusion) -> None:
    """Work out anew what follows from the order, the preparation and the volume given."""
    row.prepared_grade, row.given_grade, row.given_cells = "", "", None
    if row.ordered_cells is None or row.prepared_cells is None or row.prepared_ml is None:
        return
    row.prepared_grade = grade(parameters, row.ordered_cells, row.prepared_cells).value
    if row.given_ml is None or row.given_ml > row.prepared_ml:
        return
    given = given_cells(row.prepared_cells, row.prepared_ml, row.given_ml)
    row.given_grade = grade(parameters, row.ordered_cells, given).value
    row.given_cells = given.quantize(Decimal("0.1"), ROUND_HALF_UP)


def _explained(row: Infusion) -> Errors:
    """A dose that deviates by more than the protocol allows is explained."""
    found: Errors = {}
    words = _("The dose deviates from the order by more than the protocol allows: say why.")
    if row.prepared_grade == Grade.DEVIATION and not row.preparation_note.strip():
        found["preparation_note"] = [words]
    if row.given_grade == Grade.DEVIATION and not row.end_note.strip():
        found["end_note"] = [words]
    return found


def _preparation(desk: Desk, _section: Section, row: Infusion) -> Errors:
    if row.ordered_cells is None:
        return {"": [_("Work out the dose first: weight and day of weighing are missing.")]}
    missing = _needed(row, "prepared_cells", "prepared_ml")
    if missing:
        return missing
    regrade(desk.dosing, row)
    if row.given_ml is not None and row.prepared_ml is not None and row.prepared_ml < row.given_ml:
        return {"prepared_ml": [_("More was given than this.")]}
    return _explained(row)


def _line(_desk: Desk, _section: Section, row: Infusion) -> Errors:
    return _needed(row, "line", "gauge", "filter")


def _start(desk: Desk, _section: Section, row: Infusion) -> Errors:
    missing = _needed(row, "started")
    if missing or row.started is None:
        return missing
    if row.ordered_cells is None or row.prepared_cells is None:
        return {"": [_("The dose has to be worked out and prepared first.")]}
    confirmed = verified_at(desk.sheet.bag)
    if desk.sheet.bag.state not in (State.VERIFIED, State.INFUSED) or confirmed is None:
        return {"": [_("Two people have to verify the bag at the bedside first.")]}
    if row.started < confirmed.replace(second=0, microsecond=0):
        return {"started": [_("The bag was verified at the bedside only after this.")]}
    if row.ended is not None and row.started > row.ended:
        return {"started": [_("The start lies after the end.")]}
    wrong = _weight_date(desk, row, row.started)
    return {"": wrong["weighed_on"]} if wrong else {}


def _end(desk: Desk, _section: Section, row: Infusion) -> Errors:
    if row.started is None:
        return {"": [_("The infusion has not started.")]}
    missing = _needed(row, "ended", "given_ml", "stopped_early")
    if row.stopped_early:
        missing |= _needed(row, "stop_reason", "end_note")
    if missing or row.ended is None or row.given_ml is None:
        return missing
    if row.ended < row.started:
        return {"ended": [_("The end lies before the start.")]}
    if row.prepared_ml is None or row.given_ml > row.prepared_ml:
        return {"given_ml": [_("More than was prepared can't have been given.")]}
    if not row.stopped_early:
        row.stop_reason = ""
    regrade(desk.dosing, row)
    return _explained(row)


def _outside(desk: Desk, moment: datetime | None, name: str) -> Errors:
    """A time that has to lie within the infusion, and does not."""
    if desk.started is None:
        return {"": [_("The infusion has not started.")]}
    if moment is not None and moment < desk.started:
        return {name: [_("The infusion started after this.")]}
    if moment is not None and desk.ended is not None and moment > desk.ended:
        return {name: [_("The infusion had ended before this.")]}
    return {}


def _sonography(desk: Desk, section: Section, row: Any) -> Errors:
    missing = _needed(row, "examined", "portal_vein", "hepatic_veins", "thrombus", "ascites")
    if missing:
        return missing
    if section.which == Phase.DURING:
        return _outside(desk, row.examined, "examined")
    if section.which == Phase.AFTER:
        return _after_end(desk, row.examined, "examined")
    if desk.started is not None and row.examined > desk.started:
        return {"examined": [_("The infusion had started before this.")]}
    return {}


def _after_end(desk: Desk, moment: datetime | None, name: str) -> Errors:
    if desk.ended is None:
        return {"": [_("The infusion has not ended.")]}
    if moment is not None and moment < desk.ended:
        return {name: [_("The infusion ended after this.")]}
    return {}


_SIGNS = ("heart_rate", "systolic", "diastolic", "respiration", "oxygen", "temperature")


def _vitals(desk: Desk, section: Section, row: Any) -> Errors:
    measured = [name for name in _SIGNS if not blank(getattr(row, name))]
    if row.not_done.strip():
        if measured or row.measured is not None:
            return {"not_done": [_("There are values: either they, or why there are none.")]}
    elif not measured:
        return {"heart_rate": [_("Enter at least one value, or why nothing was measured.")]}
    elif row.measured is None:
        return {"measured": [_("Fill this in.")]}
    if row.systolic and row.diastolic and row.diastolic >= row.systolic:
        return {"diastolic": [_("The diastolic pressure lies below the systolic one.")]}
    return _place_of_point(desk, section, row)


def _place_of_point(desk: Desk, section: Section, row: Any) -> Errors:
    code = section.which
    if code == BASELINE:
        late = desk.started is not None and row.measured is not None
        if late and row.measured > desk.started:
            return {"measured": [_("The infusion had started before this.")]}
        return {}
    if code.startswith("P"):
        return _after_end(desk, row.measured, "measured")
    if desk.started is None:
        return {"": [_("The infusion has not started.")]}
    if row.measured is not None and row.measured < desk.started:
        return {"measured": [_("The infusion started after this.")]}
    return {}


def _rate(desk: Desk, _section: Section, row: Any) -> Errors:
    return _needed(row, "since", "rate_ml_h") or _outside(desk, row.since, "since")


def _drug(_desk: Desk, _section: Section, row: Any) -> Errors:
    return _needed(row, "drug", "dose", "given")


def _reaction(desk: Desk, _section: Section, row: Any) -> Errors:
    if desk.started is None:
        return {"": [_("The infusion has not started.")]}
    if row.occurred is None:
        return {"occurred": [_("Say yes or no.")]}
    if not row.occurred:
        return {}
    missing = _needed(row, "onset", "grade")
    if missing:
        return missing
    if row.onset < desk.started:
        return {"onset": [_("The infusion started after this.")]}
    return {}


CHECKS: Mapping[str, Check] = {
    "order": _order,
    "preparation": _preparation,
    "line": _line,
    "start": _start,
    "end": _end,
    "sonography": _sonography,
    "vitals": _vitals,
    "rate": _rate,
    "drug": _drug,
    "reaction": _reaction,
}
