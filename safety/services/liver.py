"""Signals of the liver: found by rule after the labs changed, judged by the investigator.

A signal is found once per participant, kind and first sample. It raises one item for investigator
and safety officer each, and one query to the site; both go when a correction takes it away
(F-023). Nothing here knows an arm.
"""

import logging
from collections.abc import Mapping, Sequence

from django.db import InterfaceError, OperationalError
from django.utils import timezone
from django.utils.translation import gettext as _

from labs.models import Panel, Series
from patients.models import Participant
from safety.episodes import Occurrence
from safety.models import LiverLook, LiverSignal, LiverSignalStep
from safety.models.liver import Act, State
from safety.selectors.courses import LabCourse, course_of
from safety.selectors.liver import RULES, found_in, pending
from safety.services.liver_queries import ask
from trial.access.exceptions import Conflict, Refused
from trial.access.roles import Role
from trial.audit.context import Actor, transaction
from trial.inbox.models import Item
from trial.inbox.services import close_item, raise_item
from trial.quality.services.asking import both, require_text
from trial.sweeping import Budget

logger = logging.getLogger(__name__)
FINDER = Actor.system("liver-signals")
AT_ONCE = 200
JUDGEMENTS = (State.UNDER_REVIEW, State.AIH_ACTIVITY, State.DILI, State.OTHER)
INBOX = "liver_signal"
_TOLD = (Role.INVESTIGATOR, Role.SAFETY)


def look_pending(budget: Budget) -> int:
    """Look at everybody whose labs changed, while the budget lasts. Returns how many.

    One that raises does not stop the others; it is looked at again in the next round. Raises
    OperationalError or InterfaceError if the database is gone.
    """
    waiting = pending().order_by("changed_at").values_list("participant_id", flat=True)[:AT_ONCE]
    done = 0
    for participant_id in list(waiting):
        if budget.spent:
            break
        try:
            done += look(participant_id=participant_id, by=FINDER)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("signals of participant %s could not be looked for", participant_id)
    return done


def look(*, participant_id: int, by: Actor, again: bool = False) -> bool:
    """Bring a participant's signals, items and queries in line with the labs; with `again` even
    if their version was looked at. Returns whether there was anything to look at.

    Two at once follow each other: the second finds nothing to do.
    """
    with transaction(by=by):
        seen = _locked(participant_id)
        waiting = again or pending().filter(participant=participant_id).exists()
        if not waiting:
            return False
        version = Series.objects.filter(participant=participant_id).values_list(
            "version", flat=True
        )
        seen.series_version = version.first() or 0
        person = Participant.objects.select_related("site").get(pk=participant_id)
        course = course_of(person)
        seen.product_at, seen.rules = course.participant.product_at, RULES  # type: ignore[attr-defined]
        _bring_in_line(course, found_in(course), by)
        seen.save(update_fields=["series_version", "product_at", "rules"])
        return True


def _locked(participant_id: int) -> LiverLook:
    """The participant's row of looks, locked until the transaction ends; made if need be."""
    locked = LiverLook.objects.select_for_update().filter(participant=participant_id)
    found = locked.first()
    if found is None:
        LiverLook.objects.bulk_create(
            [LiverLook(participant_id=participant_id)], ignore_conflicts=True
        )
        found = locked.get()
    return found


def _bring_in_line(course: LabCourse, found: Sequence[Occurrence], by: Actor) -> None:
    person = course.participant
    known = {
        (one.kind, one.panel_id): one
        for one in LiverSignal.objects.select_for_update().filter(participant=person.pk)
    }
    now = {(one.kind.value, one.panel_id): one for one in found}
    for key, occurrence in now.items():
        _keep(person, known.get(key), occurrence, by)
    for key, signal in known.items():
        if key not in now and signal.gone_at is None:
            _close(signal, by)
    ask(course, by)


def _keep(
    person: Participant, signal: LiverSignal | None, occurrence: Occurrence, by: Actor
) -> None:
    """Store a signal that is found: as a new one, as one found again, or as it is by now."""
    against = ";".join(occurrence.references)
    if signal is None:
        signal = LiverSignal.objects.create(
            participant=person,
            kind=occurrence.kind.value,
            panel_id=occurrence.panel_id,
            occurred_on=occurrence.on,
            against=against,
            found_at=timezone.now(),
        )
        _step(signal, Act.FOUND, by)
        _tell(person, signal, by)
    elif signal.gone_at is not None:
        signal.gone_at, signal.found, signal.found_at = None, signal.found + 1, timezone.now()
        _store(signal, occurrence, against)
        _step(signal, Act.FOUND_AGAIN, by)
        _tell(person, signal, by)
    elif (signal.against, signal.occurred_on) != (against, occurrence.on):
        _store(signal, occurrence, against)


def _store(signal: LiverSignal, occurrence: Occurrence, against: str) -> None:
    signal.against, signal.occurred_on = against, occurrence.on
    signal.version += 1
    signal.save()


def _close(signal: LiverSignal, by: Actor) -> None:
    signal.gone_at = timezone.now()
    signal.version += 1
    signal.save(update_fields=["gone_at", "version"])
    _step(signal, Act.GONE, by)
    gone = both(lambda: _("Closed by itself: the values no longer show it."))
    for item in Item.objects.waiting().filter(cause__startswith=f"{INBOX}:{signal.pk}:"):
        close_item(item=item, note=gone.en, by=by)


def _step(signal: LiverSignal, act: Act, by: Actor, note: str = "") -> None:
    LiverSignalStep.objects.create(
        signal=signal,
        number=signal.steps.count() + 1,
        act=act,
        state=signal.state,
        note=note,
        done_at=timezone.now(),
        done_by=by.name,
    )


def _tell(person: Participant, signal: LiverSignal, by: Actor) -> None:
    visit = Panel.objects.select_related("visit").get(pk=signal.panel_id).visit
    params: Mapping[str, object] = {
        "signal": signal.pk,
        "kind": signal.kind,
        "against": list(signal.references),
        "occurred_on": str(signal.occurred_on),
        "visit": visit.label,
    }
    for role in _TOLD:
        raise_item(
            kind=INBOX,
            cause=f"{INBOX}:{signal.pk}:{signal.found}:{role.value}",
            site=person.site,
            role=role,
            participant_id=person.pk,
            participant_code=person.code,
            params=params,
            by=by,
        )


def judge(*, signal: LiverSignal, state: str, note: str, version: int, by: Actor) -> LiverSignal:
    """Record how the investigator judges a signal. What was judged before stays in its steps.

    Raises Refused for no known judgement, without a note, or for a signal that the values no
    longer show; Conflict if it changed since it was read.
    """
    if state not in JUDGEMENTS:
        raise Refused({"state": [_("Choose one of the judgements.")]})
    if not note.strip():
        raise Refused({"note": [_("Write what the judgement rests on.")]})
    require_text(note)
    with transaction(by=by, reason=note.strip()):
        found = LiverSignal.objects.select_for_update().get(pk=signal.pk)
        _require_current(found, version)
        found.state, found.judged_at, found.judged_by = state, timezone.now(), by.name
        found.version += 1
        found.save(update_fields=["state", "judged_at", "judged_by", "version"])
        _step(found, Act.JUDGED, by, note.strip())
        if state != State.UNDER_REVIEW:
            _settle_items(found, note.strip(), by)
    return found


def _require_current(signal: LiverSignal, version: int) -> None:
    if signal.version != version:
        words = _("This signal has changed since you opened the page. Look at it again.")
        raise Conflict({"": [words]}, [])
    if signal.gone_at is not None:
        raise Refused(
            {"": [_("The values no longer show this signal: there is nothing to judge.")]}
        )


def _settle_items(signal: LiverSignal, note: str, by: Actor) -> None:
    """The investigator's item is dealt with; the safety officer's is theirs to close."""
    mine = Item.objects.waiting().filter(
        cause__startswith=f"{INBOX}:{signal.pk}:", role=Role.INVESTIGATOR
    )
    for item in mine:
        close_item(item=item, note=note, by=by)
