"""Placing and releasing holds.

The order in which locks are taken is the same for all: rows of a site, then the one advisory lock
(shared by every write of observed data, exclusive here), then rows of quality_hold. Writers may
hold rows of a participant while they wait for the advisory lock; nobody who has it waits for such
rows. So no cycle can arise, and what still waits too long is told to try again (F-008).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import OperationalError, connection
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from trial.access.exceptions import Conflict, Refused
from trial.access.models import Site
from trial.audit import events, seal
from trial.audit.context import Actor, transaction
from trial.audit.records import Place
from trial.quality.models import Hold, Kind, Scope
from trial.quality.operations import ADVISORY_KEY

PATIENCE = "3s"
_LOCK_NOT_AVAILABLE, _DEADLOCK = "55P03", "40P01"


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that stands against a lock: whose it is, a short code, and a sentence.

    `codes`: query, evaluation, incomplete, form_incomplete, unsigned, signature_broken, unverified,
    casebook.
    """

    participant_code: str
    visit_label: str
    code: str
    text: str | Promise


class NotReady(Refused):
    """A lock is asked for before everything it needs is there (R-30); `gaps` says what is not."""

    status = 409

    def __init__(self, gaps: Sequence[Gap]) -> None:
        self.gaps = list(gaps)
        super().__init__({"": [_("This is not ready to be locked: see what is missing.")]})


Check = Callable[[Scope, Place], Sequence[Gap]]


def freeze(*, scope: Scope, place: Place, reason: str, by: Actor) -> Hold:
    """Keep what is at `place` from being changed until it is released. Needs a reason."""
    return _place(Kind.FREEZE, scope, place, reason, by, lambda _scope, _place: ())


def lock(*, scope: Scope, place: Place, reason: str, by: Actor, missing: Check) -> Hold:
    """Declare what is at `place` final.

    `missing` lists what is not ready; it is asked while nobody can write. Raises NotReady with
    its answer (R-26: a broken signature blocks a lock; R-30: lock only after signing).
    """
    return _place(Kind.LOCK, scope, place, reason, by, missing)


def _place(kind: Kind, scope: Scope, place: Place, reason: str, by: Actor, missing: Check) -> Hold:
    _require_reason(reason)
    seal.seal_now()  # so that what the hold rests on is final in the trail
    with transaction(by=by, reason=reason):
        _lock_site(place)
        _stop_writers()
        gaps = missing(scope, place)
        if gaps:
            raise NotReady(gaps)
        target = _target(scope, place)
        if Hold.objects.standing().filter(kind=kind, **target).exists():
            raise Refused({"": [_("This is held already.")]})
        hold = Hold.objects.create(kind=kind, reason=reason.strip(), placed_by=by.name, **target)
        _tell(events.Act.LOCKED if kind == Kind.LOCK else events.Act.FROZEN, hold, by)
    return hold


def release(*, hold: Hold, reason: str, by: Actor) -> Hold:
    """Release a freeze. Raises Refused without a reason, or for a lock, which takes two people."""
    _require_reason(reason)
    with transaction(by=by, reason=reason):
        _stop_writers()
        hold = _standing(hold)
        if hold.kind == Kind.LOCK:
            raise Refused({"": [_("A lock is released by two people: ask for it first.")]})
        return _release(hold, reason, by, events.Act.UNFROZEN)


def request_unlock(*, hold: Hold, reason: str, by: Actor) -> Hold:
    """Ask for a lock to be released; a second person decides (R-21)."""
    _require_reason(reason)
    with transaction(by=by, reason=reason):
        hold = _standing(hold)
        if hold.kind != Kind.LOCK:
            raise Refused({"": [_("A freeze is released at once.")]})
        if hold.requested_by is not None:
            raise Refused({"": [_("The release of this lock is asked for already.")]})
        hold.requested_at, hold.requested_by = timezone.now(), by.name
        hold.request_reason = reason.strip()
        hold.save(update_fields=["requested_at", "requested_by", "request_reason"])
        _tell(events.Act.UNLOCK_REQUESTED, hold, by)
    return hold


def approve_unlock(*, hold: Hold, reason: str, by: Actor) -> Hold:
    """Release a lock that somebody else asked to be released. Raises Refused for the same person.

    That the two differ is a constraint of the database as well.
    """
    _require_reason(reason)
    with transaction(by=by, reason=reason):
        _stop_writers()
        hold = _standing(hold)
        if hold.requested_by is None:
            raise Refused({"": [_("Nobody has asked for this lock to be released.")]})
        if hold.requested_by == by.name:
            raise Refused({"": [_("Who asked for it can't be the one who agrees.")]})
        return _release(hold, reason, by, events.Act.UNLOCKED)


def decline_unlock(*, hold: Hold, reason: str, by: Actor) -> Hold:
    """Keep a lock whose release was asked for: the request is taken back, by whoever may decide."""
    _require_reason(reason)
    with transaction(by=by, reason=reason):
        hold = _standing(hold)
        if hold.requested_by is None:
            raise Refused({"": [_("Nobody has asked for this lock to be released.")]})
        hold.requested_at = hold.requested_by = None
        hold.request_reason = ""
        hold.save(update_fields=["requested_at", "requested_by", "request_reason"])
    return hold


def _release(hold: Hold, reason: str, by: Actor, act: events.Act) -> Hold:
    hold.released_at, hold.released_by = timezone.now(), by.name
    hold.release_reason = reason.strip()
    hold.save(update_fields=["released_at", "released_by", "release_reason"])
    _tell(act, hold, by)
    return hold


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise Refused({"reason": [_("Say why.")]})


def _standing(hold: Hold) -> Hold:
    """The hold, locked until the transaction ends. Raises Conflict if it is released meanwhile."""
    found = Hold.objects.select_for_update(of=("self",)).get(pk=hold.pk)
    if found.released_at is not None:
        raise Conflict({"": [_("This is released already.")]}, [])
    return found


def _target(scope: Scope, place: Place) -> dict[str, object]:
    """The columns that say what is held; what lies below the scope is left out."""
    of_visit = scope in (Scope.VISIT, Scope.FORM)
    of_person = of_visit or scope == Scope.PARTICIPANT
    return {
        "scope": scope,
        "site_id": None if scope == Scope.STUDY else place.site_id,
        "participant_id": place.participant_id if of_person else None,
        "participant_code": place.participant_code if of_person else "",
        "visit_id": place.visit_id if of_visit else None,
        "visit_label": place.visit_label if of_visit else "",
        "form": place.form if scope == Scope.FORM else "",
    }


def _lock_site(place: Place) -> None:
    """As screening does, before the advisory lock: the hold's foreign key asks for this row."""
    if place.site_id:
        Site.objects.select_for_update(no_key=True).get(pk=place.site_id)


def _stop_writers() -> None:
    """Wait until no write is under way; new ones wait until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("select set_config('lock_timeout', %s, true)", [PATIENCE])
        try:
            cursor.execute("select pg_advisory_xact_lock(%s)", [ADVISORY_KEY])
        except OperationalError as error:
            if getattr(error.__cause__, "pgcode", "") not in (_LOCK_NOT_AVAILABLE, _DEADLOCK):
                raise
            message = _("Somebody is saving just now. Nothing was changed; try again.")
            raise Refused({"": [message]}) from error


def _tell(act: events.Act, hold: Hold, by: Actor) -> None:
    events.record(
        act,
        by=by,
        record=f"quality_hold:{hold.pk}",
        details={"scope": hold.scope, "participant": hold.participant_code,
                 "visit": hold.visit_label, "form": hold.form},
        subject=(hold.site_id, hold.participant_id, hold.visit_id),
    )  # fmt: skip
