"""What the form says while somebody types: every row judged, and what it would all mean."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from labs.desk import Desk
from labs.evaluate import Evaluation, preview
from labs.forms import HeadForm, Submitted
from labs.selectors import series_of
from labs.series import Observation, Sample
from labs.sheet import Row
from labs.standing import MAIN_RULES, outcome_view, score_view
from labs.wording import finding_text
from trial.protocol.checks import cross_checks, delta_checks

# A panel that is not saved yet comes after every stored one of its day.
_NEW = 2**62
_ISI, _MNPT = (Decimal(0), Decimal(10)), (Decimal(5), Decimal(60))


def check(desk: Desk, form: HeadForm, submitted: Submitted) -> dict[str, Any]:
    """Verdicts by row, messages on the head, findings, and the preview; ready for JSON."""
    head = form.usable()
    source = desk.source(head)
    rows = desk.rows(source, submitted.entries)
    evaluation = _preview(desk, head, rows, source.person.on)
    return {
        "version": desk.version,
        "head": {
            name: " ".join(str(error) for error in errors)
            for name, errors in form.errors.items()
            if name not in ("version", "key", "__all__")
        },
        "rows": {row.code: row.reading.as_json() for row in rows},
        "outside": _outside_window(desk, head),
        "findings": findings(desk, head, rows),
        "scores": [score_view(score).as_json() for _panel, score in evaluation.scores],
        "outcomes": [
            outcome_view(found).as_json()
            for found in evaluation.assessments
            if found.rule in MAIN_RULES
        ],
    }


def findings(desk: Desk, head: Mapping[str, Any], rows: Sequence[Row]) -> list[dict[str, Any]]:
    """What does not fit together, within the panel, to the last one, or to the visit's window."""
    values = {row.code: row.reading.canonical for row in rows if row.reading.canonical is not None}
    last = {
        row.code: row.past[0].canonical
        for row in rows
        if row.past and row.past[0].canonical is not None
    }
    isi, mnpt = _within(head.get("pt_isi"), _ISI), _within(head.get("pt_mnpt"), _MNPT)
    found = [
        *cross_checks(values, pt_isi=isi, pt_mnpt=mnpt),
        *delta_checks(values, {code: value for code, value in last.items() if value is not None}),
    ]
    known = {analyte.code: analyte for analyte in desk.protocol.analytes}
    shown = [{"text": finding_text(one, known), "analytes": list(one.analytes)} for one in found]
    if _outside_window(desk, head):
        words = {"opens": desk.visit.opens_on, "closes": desk.visit.closes_on}
        text = _("The sample was taken outside the visit's window (%(opens)s to %(closes)s).")
        shown.append({"text": text % words, "analytes": []})
    return shown


def _outside_window(desk: Desk, head: Mapping[str, Any]) -> bool:
    day: date | None = head.get("collected_on")
    visit = desk.visit
    if day is None or visit.opens_on is None or visit.closes_on is None:
        return False
    return not visit.opens_on <= day <= visit.closes_on


def _within(value: Decimal | None, bounds: tuple[Decimal, Decimal]) -> Decimal | None:
    """A reagent's number if it can be one; any other would only derail the sums."""
    low, high = bounds
    return value if value is not None and low < value <= high else None


def _preview(desk: Desk, head: Mapping[str, Any], rows: Sequence[Row], on: date) -> Evaluation:
    """The evaluation as it would be with this panel saved, by the rules that will store it."""
    panel, visit = desk.panel, desk.visit
    sample = Sample(
        panel_id=panel.pk if panel else _NEW,
        panel_version=desk.version + 1,
        visit_code=visit.code,
        scheduled=visit.number == 0,
        collected_on=on,
        usable=head.get("sample_state", "good") == "good",
        observations={row.code: seen for row in rows if (seen := _observation(row)) is not None},
        dialysis=head.get("dialysis"),
        pt_isi=_within(head.get("pt_isi"), _ISI),
        pt_mnpt=_within(head.get("pt_mnpt"), _MNPT),
        target_on=visit.target_on,
        window_opens=visit.opens_on,
        window_closes=visit.closes_on,
    )
    return preview(sample, series_of(desk.participant), desk.protocol.endpoints)


def _observation(row: Row) -> Observation | None:
    reading = row.reading
    if reading.canonical is None or reading.quantity is None:
        return None
    return Observation(
        result_id=row.stored.pk if row.stored else 0,
        analyte=row.code,
        entered=reading.quantity.value,
        entered_unit=row.entry.unit,
        comparator=reading.quantity.comparator,
        value=reading.canonical,
        lower=reading.limits[0],
        upper=reading.limits[1],
    )
