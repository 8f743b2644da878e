"""Saving a panel: one transaction, nothing overwritten, nothing lost.

The participant's series row is locked first, so that two saves for one participant follow each
other and the second sees what the first wrote.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from labs.entry import Entry, Judged, PanelEntry, Problem, judge
from labs.free_text import fault_of
from labs.models import Laboratory, LaboratoryUnit, Panel, Result, SampleState, Source
from labs.selectors import ranges_of
from labs.services import hints
from labs.services.series_lock import bump, lock_series
from labs.services.soft_queries import ask_about_soft
from labs.wording import fault_text, problem_text
from patients.eligibility_checks import ask_about
from patients.models import Participant
from patients.models import Status as ParticipantStatus
from trial.access.exceptions import Conflict, Refused
from trial.access.idempotency import once
from trial.access.selectors import protocol_at
from trial.audit.context import Actor, transaction
from trial.protocol.registry import NoVersionInForce
from trial.protocol.version import ProtocolVersion
from trial.quality.selectors.holds import require_open
from visits.models import Status as VisitStatus
from visits.models import Visit
from visits.places import place_of
from visits.services import schedule as visits

_HEAD = ("laboratory_id", "collected_on", "collected_time", "sample_state", "dialysis",
         "pt_isi", "pt_mnpt")  # fmt: skip
_STORED = ("text", "unit", "not_done", "confirmed", "comment")


@dataclass(frozen=True, slots=True)
class Saved:
    """What a save did: the panel, the protocol it was judged by, whether anything was written."""

    panel: Panel
    protocol: ProtocolVersion
    changed: bool


def record_panel(
    *,
    visit: Visit,
    data: PanelEntry,
    base_version: int,
    by: Actor,
    reason: str = "",
    source: Source = Source.FORM,
) -> Saved:
    """Save the panel of a visit. `base_version`: the version the user saw, 0 for none yet.

    Raises Refused with messages by field (analyte code, head field, "reason", "visit_reason"),
    Conflict with the differing fields if somebody saved a newer version meanwhile. A save that
    changes nothing writes nothing. Changing or removing a stored value needs `reason`.
    """
    _require_readable(reason)
    with transaction(by=by, reason=reason):
        series = lock_series(visit.participant_id)
        visit = visits.lock(visit)
        require_open(place_of(visit, "labs"))
        protocol = _protocol(visit, data)
        panel = Panel.objects.filter(visit=visit).first()
        stored = {row.analyte: row for row in panel.results.all()} if panel else {}
        head_changes = _head_changes(panel, data)
        changes = _changes(stored, data.entries)
        if panel is not None and not head_changes and not changes:
            return Saved(panel, protocol, changed=False)
        if base_version != (panel.version if panel else 0):
            raise _conflict(panel, stored, data, protocol)
        if panel is None and not changes:
            raise Refused({"": [_("Nothing is entered yet.")]})
        judged = _judge_all(visit, data, protocol, reason, head_changes, changes, stored)
        _hold_visit(visit, data, protocol, reason, by)
        panel = _write_panel(panel, visit, data, protocol, source, by, stored, changes)
        written = _write_results(panel, stored, changes, judged)
        place = place_of(visit, "labs")
        ask_about_soft(
            rows=written,
            stored=[row for row in written if row.analyte in stored],
            protocol_of=lambda _row: protocol,
            place_of=lambda _row: place,
            by=by,
            reason=reason,
        )
        _remember_units(data, changes)
        bump(series)
        if protocol.visit(visit.code).kind == "screening":
            ask_about(participant=visit.participant, by=by, reason=reason)
    hints.evaluate_soon(visit.participant_id)
    return Saved(panel, protocol, changed=True)


def record_panel_once(
    *, key: str, user_id: int, body: object, act: Callable[[], Saved], by: Actor, reason: str = ""
) -> tuple[Panel, bool]:
    """`record_panel` for `reason` under an idempotency key: a repeat gets the first one's panel.

    Returns (panel, replayed).
    """
    saved: list[Saved] = []

    def save() -> dict[str, int]:
        saved.append(act())
        return {"panel": saved[0].panel.pk}

    with transaction(by=by, reason=reason):
        answer, replayed = once(user_id=user_id, key=key, body=body, act=save)
    return (Panel.objects.get(pk=answer["panel"]) if replayed else saved[0].panel), replayed


def _require_readable(reason: str) -> None:
    """A reason that the trail cannot keep is refused before anything is opened."""
    fault = fault_of(reason)
    if fault is not None:
        raise Refused({"reason": [fault_text(fault)]})


def _protocol(visit: Visit, data: PanelEntry) -> ProtocolVersion:
    try:
        return protocol_at(visit.participant.site, data.collected_on)
    except NoVersionInForce as error:
        message = _("The date lies before the study began at this site.")
        raise Refused({"collected_on": [message]}) from error


def _head_changes(panel: Panel | None, data: PanelEntry) -> list[str]:
    if panel is None:
        return list(_HEAD)
    return [name for name in _HEAD if getattr(panel, name) != getattr(data, name)]


def _changes(stored: Mapping[str, Result], entries: Mapping[str, Entry]) -> dict[str, Entry]:
    """The entries that differ from what is stored; an analyte not submitted stays as it is."""
    return {
        code: entry
        for code, entry in entries.items()
        if (code in stored or not entry.blank or entry.comment.strip())
        and _as_stored(stored.get(code)) != _kept(entry)
    }


def _as_stored(row: Result | None) -> tuple[Any, ...] | None:
    return None if row is None else tuple(getattr(row, name) for name in _STORED)


def _kept(entry: Entry) -> tuple[Any, ...]:
    unit = "" if not entry.text.strip() else entry.unit
    text = entry.text if entry.text.strip() else ""
    return text, unit, entry.not_done, entry.confirmed, entry.comment


def _judge_all(
    visit: Visit,
    data: PanelEntry,
    protocol: ProtocolVersion,
    reason: str,
    head_changes: Sequence[str],
    changes: Mapping[str, Entry],
    stored: Mapping[str, Result],
) -> dict[str, Judged]:
    """Judge every changed entry; a new laboratory, date or sex re-reads the ranges of all."""
    errors: dict[str, list[str | Promise]] = _head_errors(visit, data)
    entries = dict(changes)
    if {"laboratory_id", "collected_on"} & set(head_changes):
        entries = {code: _entry(row) for code, row in stored.items()} | entries
    known = {analyte.code for analyte in protocol.analytes}
    for code in set(entries) - known:
        errors[code] = [_("The protocol does not know this analyte.")]
    ranges = ranges_of(data.laboratory_id, entries)
    judged: dict[str, Judged] = {}
    for code in entries.keys() & known:
        verdict = judge_entry(visit.participant, data, protocol, code, entries[code], ranges)
        if isinstance(verdict, Problem):
            errors[code] = [problem_text(verdict)]
        else:
            judged[code] = verdict
    corrected = [c for c in changes if c in stored and (stored[c].text or stored[c].not_done)]
    if (corrected or (stored and head_changes)) and not reason.strip():
        errors["reason"] = [_("Say why a recorded value is changed.")]
    if errors:
        raise Refused(errors)
    return judged


def judge_entry(
    participant: Participant,
    data: PanelEntry,
    protocol: ProtocolVersion,
    code: str,
    entry: Entry,
    ranges: Mapping[str, Sequence[Any]],
) -> Judged | Problem:
    """Judge one entry of a participant's panel with the laboratory's ranges."""
    return judge(
        protocol.analyte(code),
        entry,
        ranges.get(code, ()),
        sex=participant.sex,
        age=data.collected_on.year - participant.birth_year,
        on=data.collected_on,
    )


def _entry(row: Result) -> Entry:
    return Entry(row.text, row.unit, row.not_done, row.comment, row.confirmed)


def _head_errors(visit: Visit, data: PanelEntry) -> dict[str, list[str | Promise]]:
    errors: dict[str, list[str | Promise]] = {}
    participant = visit.participant
    if participant.status not in (ParticipantStatus.SCREENING, ParticipantStatus.ENROLLED):
        errors[""] = [_("The participant has left the study: no new values.")]
    if data.collected_on > participant.site.today():
        errors["collected_on"] = [_("The date lies in the future.")]
    laboratory = Laboratory.objects.filter(pk=data.laboratory_id).first()
    if laboratory is None or laboratory.site_id not in (None, participant.site_id):
        errors["laboratory"] = [_("This laboratory does not work for the site.")]
    if data.sample_state not in SampleState.values:
        errors["sample_state"] = [_("This is not a state of a sample.")]
    for name, low, high in (("pt_isi", 0, 10), ("pt_mnpt", 5, 60)):
        value = getattr(data, name)
        if value is not None and not low < value <= high:
            words = {"low": low, "high": high}
            errors[name] = [_("The value must be above %(low)s and at most %(high)s.") % words]
    return errors


def _hold_visit(
    visit: Visit, data: PanelEntry, protocol: ProtocolVersion, reason: str, by: Actor
) -> None:
    """A sample means that the visit took place: on the day it was taken, unless known better."""
    if visit.status == VisitStatus.HELD:
        return
    try:
        kind = protocol.visit(visit.code).kind
        visits.hold_locked(visit=visit, held_on=data.collected_on, kind=kind, by=by, reason=reason)
    except Refused as refused:
        names = {"reason": "reason", "held_on": "collected_on"}
        raise Refused({names.get(k, k): v for k, v in refused.errors.items()}) from refused


def _write_panel(
    panel: Panel | None,
    visit: Visit,
    data: PanelEntry,
    protocol: ProtocolVersion,
    source: Source,
    by: Actor,
    stored: Mapping[str, Result],
    changes: Mapping[str, Entry],
) -> Panel:
    asked = {analyte.code for analyte in protocol.panel(visit.code)}
    answered = {code for code, row in stored.items() if row.text or row.not_done}
    answered |= {code for code, entry in changes.items() if not entry.blank}
    answered -= {code for code, entry in changes.items() if entry.blank}
    panel = panel or Panel(visit=visit, version=0)
    for name in _HEAD:
        setattr(panel, name, getattr(data, name))
    panel.version += 1
    panel.source = source
    panel.expected = len(asked)
    panel.filled = len(answered & asked)
    panel.saved_at = timezone.now()
    panel.saved_by = by.name
    panel.save()
    return panel


def _write_results(
    panel: Panel,
    stored: Mapping[str, Result],
    changes: Mapping[str, Entry],
    judged: Mapping[str, Judged],
) -> list[Result]:
    """Store what changed. Returns those rows."""
    now = timezone.now()
    new: list[Result] = []
    changed: list[Result] = []
    for code, verdict in judged.items():
        row = stored.get(code) or Result(panel=panel, analyte=code)
        if not fill(row, verdict) and code not in changes:
            continue
        row.changed_at = now
        (changed if row.pk else new).append(row)
    Result.objects.bulk_create(new)
    if changed:
        Result.objects.bulk_update(changed, RESULT_FIELDS)
    return new + changed


RESULT_FIELDS = [
    *_STORED, "comparator", "value", "canonical", "range", "range_low", "range_high", "flag",
    "changed_at",
]  # fmt: skip


def fill(row: Result, verdict: Judged) -> bool:
    """Put a judged entry into a row. Returns whether the row differs from before."""
    text, unit, not_done, confirmed, comment = _kept(verdict.entry)
    after = {
        "text": text,
        "unit": unit,
        "not_done": not_done,
        "confirmed": confirmed,
        "comment": comment,
        "comparator": verdict.comparator,
        "value": verdict.value,
        "canonical": verdict.canonical,
        "range_id": verdict.range_id,
        "range_low": verdict.range_low,
        "range_high": verdict.range_high,
        "flag": verdict.flag,
    }
    before = {name: getattr(row, name) for name in after}
    for name, value in after.items():
        setattr(row, name, value)
    return before != after


def _remember_units(data: PanelEntry, changes: Mapping[str, Entry]) -> None:
    used = {code: entry.unit for code, entry in changes.items() if entry.text.strip()}
    known = dict(
        LaboratoryUnit.objects.filter(
            laboratory=data.laboratory_id, analyte__in=list(used)
        ).values_list("analyte", "unit")
    )
    new = {code: unit for code, unit in used.items() if known.get(code) != unit}
    if new:
        LaboratoryUnit.objects.bulk_create(
            [
                LaboratoryUnit(laboratory_id=data.laboratory_id, analyte=code, unit=unit)
                for code, unit in new.items()
            ],
            update_conflicts=True,
            unique_fields=["laboratory", "analyte"],
            update_fields=["unit"],
        )


def _conflict(
    panel: Panel | None, stored: Mapping[str, Result], data: PanelEntry, protocol: ProtocolVersion
) -> Conflict:
    """Both states side by side: nothing of either is dropped."""
    difference: list[dict[str, Any]] = []
    for name in _head_changes(panel, data):
        kept = str(getattr(panel, name) if panel and getattr(panel, name) is not None else "")
        given = getattr(data, name)
        difference.append(
            {"field": name, "stored": kept, "yours": str(given if given is not None else "")}
        )
    for code, entry in _changes(stored, data.entries).items():
        row = stored.get(code)
        difference.append(
            {
                "field": code,
                "stored": {name: getattr(row, name, "") for name in _STORED},
                "yours": {f.name: getattr(entry, f.name) for f in fields(entry)},
            }
        )
    version = panel.version if panel else 0
    message = _("Somebody saved this panel after you opened it. Nothing was overwritten.")
    return Conflict({"": [message], "version": [str(version)]}, difference)
