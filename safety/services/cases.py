"""A case is brought up to date with its forms and reports: what is due, who is told of it.

`settle` is called in the transaction of whatever changes a case, and by the sweeper when a step of
a clock is reached. It may be called any number of times: an item is raised once per step, and
closed when its report went out.
"""

from datetime import datetime

from django.utils import timezone

from patients.models import Participant
from safety.cases import Clock, Kind, Stage, reached, steps_of
from safety.models import CaseNews, SafetyCase, Seriousness
from safety.selectors.cases import Held, held
from trial.access.roles import Role
from trial.audit.context import Actor, transaction
from trial.inbox.models import Item
from trial.inbox.services import close_item, raise_item
from trial.protocol.safety import Party

CASE_ITEM = "safety_case"
CLOCK_ITEM = "safety_clock"
WITHDRAWN_ITEM = "safety_withdrawn"
# Who is told that a report is due, by who has to send it.
TOLD = {
    Party.INVESTIGATOR: (Role.INVESTIGATOR, Role.SAFETY),
    Party.SPONSOR: (Role.SAFETY, Role.SPONSOR),
}


def open_case(
    *, participant: Participant, kind: Kind, number: int, by: Actor, reason: str = ""
) -> SafetyCase:
    """The case of a line that is serious now. One that was withdrawn stands again; what became of
    it stays in its history."""
    with transaction(by=by, reason=reason):
        case, _new = SafetyCase.objects.get_or_create(
            participant=participant, kind=kind, number=number,
            defaults={"opened_at": timezone.now(), "opened_by": by.name},
        )  # fmt: skip
        if not _is_serious(case):
            change = _note(case, serious=True, by=by, reason=reason)
            _tell(case, change, by)
        settle(case=case, by=by)
        return case


def withdraw(*, case: SafetyCase, by: Actor, reason: str = "") -> None:
    """The line is not serious any more, or was entered by mistake. Where a report went out
    already, the safety officer is told: the recipients have to learn of it."""
    with transaction(by=by, reason=reason):
        if not _is_serious(case):
            return
        change = _note(case, serious=False, by=by, reason=reason)
        _close(f"{CASE_ITEM}:{case.pk}:", reason, by)
        if case.submissions.exists():
            _raise(case, WITHDRAWN_ITEM, f"{change.pk}", Role.SAFETY, {}, by)
        settle(case=case, by=by)


def note_news(
    *, case: SafetyCase, number: int, learned_at: datetime, learned_by: str, by: Actor
) -> CaseNews:
    """News of a case; the time of a follow-up that is known already may be corrected."""
    with transaction(by=by):
        found, new = CaseNews.objects.select_for_update().get_or_create(
            case=case, number=number,
            defaults={"learned_at": learned_at, "learned_by": learned_by},
        )  # fmt: skip
        if not new and found.learned_at != learned_at:
            found.learned_at, found.learned_by = learned_at, learned_by
            found.save(update_fields=["learned_at", "learned_by"])
        return found


def settle(*, case: SafetyCase, by: Actor, now: datetime | None = None) -> Held:
    """Work out where a case stands, tell whoever has to know, and keep what lists find it by."""
    with transaction(by=by):
        rows = SafetyCase.objects.select_for_update(of=("self",))
        locked = rows.select_related("participant__site").get(pk=case.pk)
        (found,) = held([locked], now)
        for clock in found.standing.clocks:
            _escalate(found, clock, by)
        _close_gone(found, by)
        if found.standing.stage == Stage.DONE:
            _close(f"{CASE_ITEM}:{case.pk}:", "", by)
        _keep(found)
        return found


def _keep(found: Held) -> None:
    case, at = found.case, found.standing
    if (case.stage, case.due_at, case.step_at) == (at.stage, at.due_at, at.step_at):
        return
    case.stage, case.due_at, case.step_at = at.stage.value, at.due_at, at.step_at
    case.save(update_fields=["stage", "due_at", "step_at"])


# --- seriousness --------------------------------------------------------------------------------


def _is_serious(case: SafetyCase) -> bool:
    last = case.seriousness.last()
    return last is not None and last.serious


def _note(case: SafetyCase, *, serious: bool, by: Actor, reason: str) -> Seriousness:
    return Seriousness.objects.create(
        case=case, serious=serious, reason=reason, noted_at=timezone.now(), noted_by=by.name
    )


def _tell(case: SafetyCase, change: Seriousness, by: Actor) -> None:
    for role in (Role.SAFETY, Role.INVESTIGATOR):
        _raise(case, CASE_ITEM, f"{change.pk}:{role}", role, {}, by)


# --- items --------------------------------------------------------------------------------------


def _escalate(found: Held, clock: Clock, by: Actor) -> None:
    """Raise the highest step that a report has reached; after a downtime one, not all of them."""
    step = reached(clock, found.now)
    if not step:
        return
    due, of = clock.due, len(steps_of(clock.due))
    params = {
        "report": due.report, "recipient": due.recipient, "follow_up": due.follow_up,
        "step": step, "overdue": step == of, "due_at": due.due_at.isoformat() if due.due_at else "",
        "decided": due.required is True,
    }  # fmt: skip
    for role in TOLD[due.sender]:
        _raise(found.case, CLOCK_ITEM, f"{_key(clock)}:{step}:{role}", role, params, by)


def _key(clock: Clock) -> str:
    due = clock.due
    return f"{due.report}:{due.recipient}:{due.follow_up}"


def _close_gone(found: Held, by: Actor) -> None:
    """Close the items of reports that went out, or are not asked for any more."""
    stem = f"{CLOCK_ITEM}:{found.case.pk}:"
    running = tuple(f"{stem}{_key(one)}:" for one in found.standing.clocks if one.runs)
    for item in Item.objects.filter(cause__startswith=stem, done_at=None):
        if not item.cause.startswith(running):
            close_item(item=item, note="", by=by)


def _close(stem: str, note: str, by: Actor) -> None:
    for item in Item.objects.filter(cause__startswith=stem, done_at=None):
        close_item(item=item, note=note, by=by)


def close_case_item(*, case: SafetyCase, role: Role, by: Actor) -> None:
    """The role has done what the case's item asked of it."""
    items = Item.objects.filter(cause__startswith=f"{CASE_ITEM}:{case.pk}:", role=role)
    for item in items.filter(done_at=None):
        close_item(item=item, note="", by=by)


def _raise(
    case: SafetyCase, kind: str, which: str, role: Role, params: dict[str, object], by: Actor
) -> None:
    person = case.participant
    raise_item(
        kind=kind, cause=f"{kind}:{case.pk}:{which}", site=person.site, role=role,
        participant_id=person.pk, participant_code=person.code,
        params={"case": case.pk, "case_kind": case.kind, "number": case.number, **params},
        by=by, mail=True,
    )  # fmt: skip
