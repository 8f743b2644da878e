"""The schedule of a participant, and what became of each visit."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from patients import services as patients
from patients.models import Participant
from patients.models import Status as ParticipantStatus
from patients.places import place_of as place_of_participant
from trial.access.exceptions import Conflict, Refused
from trial.access.idempotency import once
from trial.access.selectors import protocol_at
from trial.audit.context import Actor, transaction
from trial.protocol import registry
from trial.protocol.registry import NoVersionInForce
from trial.protocol.schedule import PlannedVisit, VisitDefinition, VisitKind, plan
from trial.protocol.version import ProtocolVersion
from trial.quality.selectors.holds import require_open
from visits.models import Status, Visit
from visits.places import place_of


def start_screening(*, by: Actor, key: str = "", **screening: Any) -> Participant:
    """Open a participant (see patients.services.screen) with the screening visit held.

    With a `key`, the same request sent again opens nobody: it gets the first one's participant.
    """
    with transaction(by=by):
        if not key or by.id is None:
            return _start_screening(by, screening)
        answer, _replayed = once(
            user_id=by.id,
            key=f"screening:{key}",
            body={**screening, "site": screening["site"].pk},
            act=lambda: {"participant": _start_screening(by, screening).pk},
        )
        return Participant.objects.select_related("site").get(pk=answer["participant"])


def _start_screening(by: Actor, screening: Mapping[str, Any]) -> Participant:
    try:
        protocol = protocol_at(screening["site"], screening["screened_on"])
    except NoVersionInForce:
        message = _("No version of the protocol was in force at the site on this day.")
        raise Refused({"screened_on": [message]}) from None
    participant = patients.screen(by=by, **screening)
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
    """Give every visit its target and window, counted from day 0.

    Visits still to come follow the protocol that holds on day 0; what is past keeps its own.
    """
    day0 = participant.day0_on
    if day0 is None:
        return
    protocol = protocol_at(participant.site, day0)
    stored = {visit.code: visit for visit in participant.visits.filter(number=0)}
    new: list[Visit] = []
    moved: list[Visit] = []
    for planned in plan(protocol.visits, day0):
        visit = stored.get(planned.code) or Visit(
            participant=participant,
            code=planned.code,
            position=protocol.visit(planned.code).order,
        )
        if visit.status == Status.PLANNED:
            wanted = (*_dates(planned), protocol.number)
        else:
            wanted = (*_dates(_replan(visit, day0)), visit.protocol_version)
        if (visit.target_on, visit.opens_on, visit.closes_on, visit.protocol_version) == wanted:
            continue
        visit.target_on, visit.opens_on, visit.closes_on, visit.protocol_version = wanted
        (moved if visit.pk else new).append(visit)
    Visit.objects.bulk_create(new)
    Visit.objects.bulk_update(moved, ["target_on", "opens_on", "closes_on", "protocol_version"])


def _dates(planned: PlannedVisit) -> tuple[date, date, date]:
    return planned.target_on, planned.opens_on, planned.closes_on


def _replan(visit: Visit, day0: date) -> PlannedVisit:
    """The dates of a visit that is past, under the protocol it was made under."""
    return plan([registry.get(visit.protocol_version).visit(visit.code)], day0)[0]


def hold(
    *, visit: Visit, held_on: date, by: Actor, version: int | None = None, reason: str = ""
) -> Visit:
    """Record on which day a visit took place; changing a recorded day needs a reason.

    A day outside the window needs a reason too. Holding day 0 moves day 0, and with it the
    windows of all later visits, to the day it really took place.
    """
    with transaction(by=by, reason=reason):
        visit = lock(visit)
        require_open(place_of(visit, "visit"))
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
    if visit.status == Status.MISSED:
        patients.note_course_change(participant=visit.participant, by=by)
    visit.status, visit.held_on, visit.reason = Status.HELD, held_on, reason
    _save(visit)
    if kind == "baseline":
        visit.participant = patients.move_day0(
            participant=visit.participant, day0_on=held_on, by=by, reason=reason
        )
        _plan(visit.participant)


def _require_plausible(visit: Visit, held_on: date, kind: VisitKind, reason: str) -> None:
    _require_in_time(visit.participant, held_on, kind)
    if reason.strip():
        return
    if visit.held_on is not None or visit.status == Status.MISSED:
        raise Refused({"reason": [_("Say why a recorded visit is changed.")]})
    # Day 0 carries its own window with it; every other visit is measured against the plan.
    outside = not (visit.opens_on or held_on) <= held_on <= (visit.closes_on or held_on)
    if outside and kind != "baseline":
        window = f"{visit.opens_on} – {visit.closes_on}"
        raise Refused({"reason": [_("Outside the window %s: say why.") % window]})


def _require_in_time(participant: Participant, held_on: date, kind: VisitKind) -> None:
    """Refuse a day that the participant's course in the study rules out (R-30)."""
    if participant.status == ParticipantStatus.SCREEN_FAILED:
        raise Refused({"": [_("The participant is a screening failure.")]})
    if held_on > participant.site.today():
        raise Refused({"held_on": [_("The date lies in the future.")]})
    if held_on < participant.screened_on and kind != "screening":
        raise Refused({"held_on": [_("The date lies before screening.")]})
    enrolled_on, day0_on = participant.enrolled_on, participant.day0_on
    if kind == "baseline" and enrolled_on and held_on < enrolled_on:
        raise Refused({"held_on": [_("Day 0 can't lie before enrolment.")]})
    if kind in ("infusion", "follow_up") and day0_on and held_on < day0_on:
        raise Refused({"held_on": [_("The date lies before day 0.")]})


def miss(*, visit: Visit, reason: str, by: Actor, version: int | None = None) -> Visit:
    """Record that a visit did not take place, and why."""
    if not reason.strip():
        raise Refused({"reason": [_("Say why the visit was missed.")]})
    with transaction(by=by, reason=reason):
        visit = lock(visit)
        require_open(place_of(visit, "visit"))
        if (visit.status, visit.reason) == (Status.MISSED, reason):
            return visit
        _require_version(visit, version)
        if visit.status == Status.HELD:
            raise Refused({"": [_("This visit has taken place.")]})
        visit.status, visit.held_on, visit.reason = Status.MISSED, None, reason
        patients.note_course_change(participant=visit.participant, by=by)
        return _save(visit)


def add_unscheduled(*, participant: Participant, held_on: date, reason: str, by: Actor) -> Visit:
    """Add a visit that the schedule does not know, with what it was for.

    The same day and reason again change nothing.
    """
    if not reason.strip():
        raise Refused({"reason": [_("Say what the visit was for.")]})
    with transaction(by=by, reason=reason):
        participant = (
            Participant.objects.select_for_update(of=("self",))
            .select_related("site")
            .get(pk=participant.pk)
        )
        require_open(place_of_participant(participant))
        _require_in_time(participant, held_on, "unscheduled")
        protocol = protocol_at(participant.site, held_on)
        definition = _unscheduled(protocol)
        stored = list(participant.visits.filter(code=definition.code))
        for visit in stored:
            if (visit.held_on, visit.reason) == (held_on, reason):
                return visit
        return Visit.objects.create(
            participant=participant,
            code=definition.code,
            number=len(stored) + 1,
            position=definition.order,
            status=Status.HELD,
            held_on=held_on,
            reason=reason,
            protocol_version=protocol.number,
        )


def _unscheduled(protocol: ProtocolVersion) -> VisitDefinition:
    return next(visit for visit in protocol.visits if visit.kind == "unscheduled")


def _definition(visit: Visit) -> VisitDefinition:
    return registry.get(visit.protocol_version).visit(visit.code)


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
