"""The schedule of a participant, and what became of each visit."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from patients import services as patients
from patients.models import Participant
from patients.models import Status as ParticipantStatus
from trial.access.exceptions import Conflict, Refused
from trial.access.selectors import protocol_at
from trial.audit.context import Actor, transaction
from trial.protocol.schedule import VisitDefinition, VisitKind, plan
from trial.protocol.version import ProtocolVersion
from visits.models import Status, Visit

OPEN_STATUSES = (ParticipantStatus.SCREENING, ParticipantStatus.ENROLLED)


def start_screening(*, by: Actor, **screening: Any) -> Participant:
    """Open a participant (see patients.services.screen) with the screening visit held."""
    with transaction(by=by):
        participant = patients.screen(by=by, **screening)
        protocol = protocol_at(participant.site, participant.screened_on)
        definition = next(visit for visit in protocol.visits if visit.kind == "screening")
        Visit.objects.create(
            participant=participant,
            code=definition.code,
            position=definition.order,
            status=Status.HELD,
            held_on=participant.screened_on,
            protocol_version=protocol.number,
        )
        return participant


def enrol(*, participant: Participant, by: Actor, **enrolment: Any) -> Participant:
    """Enrol (see patients.services.enrol) and plan every visit from day 0."""
    with transaction(by=by):
        participant = patients.enrol(participant=participant, by=by, **enrolment)
        _plan(participant)
        return participant


def _plan(participant: Participant) -> None:
    """Give every visit not yet past its target and window, counted from day 0."""
    if participant.day0_on is None:
        return
    protocol = protocol_at(participant.site, participant.day0_on)
    stored = {visit.code: visit for visit in participant.visits.filter(number=0)}
    new, moved = [], []
    for planned in plan(protocol.visits, participant.day0_on):
        visit = stored.get(planned.code) or Visit(
            participant=participant,
            code=planned.code,
            position=protocol.visit(planned.code).order,
        )
        dates = (planned.target_on, planned.opens_on, planned.closes_on)
        if (visit.target_on, visit.opens_on, visit.closes_on) == dates:
            continue
        visit.target_on, visit.opens_on, visit.closes_on = dates
        visit.protocol_version = protocol.number
        (moved if visit.pk else new).append(visit)
    Visit.objects.bulk_create(new)
    Visit.objects.bulk_update(moved, ["target_on", "opens_on", "closes_on", "protocol_version"])


def hold(
    *, visit: Visit, held_on: date, by: Actor, version: int | None = None, reason: str = ""
) -> Visit:
    """Record on which day a visit took place; changing a recorded day needs a reason.

    A day outside the window needs a reason too. Holding day 0 moves day 0, and with it the
    windows of all later visits, to the day it really took place.
    """
    with transaction(by=by, reason=reason):
        visit = lock(visit)
        if (visit.status, visit.held_on) != (Status.HELD, held_on):
            _require_version(visit, version)
            hold_locked(
                visit=visit, held_on=held_on, kind=_definition(visit).kind, by=by, reason=reason
            )
        return visit


def hold_locked(
    *, visit: Visit, held_on: date, kind: VisitKind, by: Actor, reason: str = ""
) -> None:
    """`hold` for a caller that has locked the visit (`lock`) in its own transaction."""
    _require_plausible(visit, held_on, kind, reason)
    visit.status, visit.held_on, visit.reason = Status.HELD, held_on, reason
    _save(visit)
    if kind == "baseline":
        visit.participant = patients.move_day0(
            participant=visit.participant, day0_on=held_on, by=by, reason=reason
        )
        _plan(visit.participant)


def _require_plausible(visit: Visit, held_on: date, kind: VisitKind, reason: str) -> None:
    participant = visit.participant
    if participant.status == ParticipantStatus.SCREEN_FAILED:
        raise Refused({"": [_("The participant is a screening failure.")]})
    if held_on > participant.site.today():
        raise Refused({"held_on": [_("The date lies in the future.")]})
    if held_on < participant.screened_on and kind != "screening":
        raise Refused({"held_on": [_("The date lies before screening.")]})
    if reason.strip():
        return
    if visit.held_on is not None or visit.status == Status.MISSED:
        raise Refused({"reason": [_("Say why a recorded visit is changed.")]})
    # Day 0 carries its own window with it; every other visit is measured against the plan.
    outside = not (visit.opens_on or held_on) <= held_on <= (visit.closes_on or held_on)
    if outside and kind != "baseline":
        window = f"{visit.opens_on} – {visit.closes_on}"
        raise Refused({"reason": [_("Outside the window %s: say why.") % window]})


def miss(*, visit: Visit, reason: str, by: Actor, version: int | None = None) -> Visit:
    """Record that a visit did not take place, and why."""
    if not reason.strip():
        raise Refused({"reason": [_("Say why the visit was missed.")]})
    with transaction(by=by, reason=reason):
        visit = lock(visit)
        if (visit.status, visit.reason) == (Status.MISSED, reason):
            return visit
        _require_version(visit, version)
        if visit.status == Status.HELD:
            raise Refused({"": [_("This visit has taken place.")]})
        visit.status, visit.held_on, visit.reason = Status.MISSED, None, reason
        return _save(visit)


def add_unscheduled(*, participant: Participant, held_on: date, reason: str, by: Actor) -> Visit:
    """Add a visit that the schedule does not know, with what it was for."""
    if not reason.strip():
        raise Refused({"reason": [_("Say what the visit was for.")]})
    with transaction(by=by, reason=reason):
        participant = (
            Participant.objects.select_for_update(of=("self",))
            .select_related("site")
            .get(pk=participant.pk)
        )
        definition = _unscheduled(protocol_at(participant.site, held_on))
        number = participant.visits.filter(code=definition.code).count() + 1
        visit = Visit(
            participant=participant,
            code=definition.code,
            number=number,
            position=definition.order,
            status=Status.HELD,
            held_on=held_on,
            reason=reason,
            protocol_version=protocol_at(participant.site, held_on).number,
        )
        _require_plausible(visit, held_on, definition.kind, reason)
        visit.save()
        return visit


def _unscheduled(protocol: ProtocolVersion) -> VisitDefinition:
    return next(visit for visit in protocol.visits if visit.kind == "unscheduled")


def _definition(visit: Visit) -> VisitDefinition:
    on = visit.held_on or visit.target_on or visit.participant.screened_on
    return protocol_at(visit.participant.site, on).visit(visit.code)


def lock(visit: Visit) -> Visit:
    """The visit, locked until the transaction ends, with its participant and site."""
    return (
        Visit.objects.select_for_update(of=("self",))
        .select_related("participant__site")
        .get(pk=visit.pk)
    )


def _require_version(visit: Visit, version: int | None) -> None:
    if version is not None and version != visit.version:
        stored: Mapping[str, Any] = {
            "field": "held_on",
            "label": _("date of visit"),
            "base": None,
            "stored": str(visit.held_on or visit.get_status_display()),
            "yours": None,
        }
        raise Conflict({"": [_("Somebody else has changed this visit.")]}, [stored])


def _save(visit: Visit) -> Visit:
    visit.version += 1  # the row is locked
    visit.save(update_fields=["status", "held_on", "reason", "version"])
    return visit
