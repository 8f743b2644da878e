"""Randomising a participant: one transaction, a signature, a slot, bags (integrity rules §3.4).

Locks are taken in one order: participant, stratum, the site's stock, bags. What comes back is a
number and bags; the arm stays where no login of this process can read it.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db import DatabaseError, OperationalError, connection
from django.utils import timezone
from django.utils.translation import gettext as _

from patients.models import Participant
from patients.places import place_of
from randomization.models import Allocation
from randomization.readiness import blocking
from randomization.selectors import Candidate, candidate, needed_until
from randomization.wording import AGAINST, REFUSALS
from trial.access.exceptions import Refused
from trial.access.idempotency import once
from trial.access.models import User
from trial.audit import events
from trial.audit.again import SealedError, again_if_torn, code_of
from trial.audit.context import Actor, transaction
from trial.quality.selectors.holds import require_open
from trial.signing import content
from trial.signing.canonical import content as frozen_rows
from trial.signing.document import Document, Subject
from trial.signing.models import Components, Scope, Signature
from trial.signing.services import Request, prove_signer, put
from visits.custody import Event, State
from visits.models import Bag, Visit
from visits.models.product import HELD_FOR_SOMEBODY
from visits.services.bags import Step, move
from visits.services.turns import OutOfTurn, require_turn

T = TypeVar("T")
LOCKED = "55P03"  # the SQLSTATE of a lock that was waited for in vain


class NotAllocated(Refused):
    """Nothing was allocated, with the reason; 409."""

    status = 409


@dataclass(frozen=True, slots=True)
class Proof:
    """What the investigator gave to sign with. `shown` is the mark of what was on the page."""

    signer: User
    username: str | None
    password: str
    components: Components
    shown: str = ""
    confirmed: bool = False
    address: str = ""


def randomise(
    *, participant: Participant, proof: Proof, by: Actor, key: str = ""
) -> tuple[Allocation, bool]:
    """Allocate a participant, once and for ever. Returns (allocation, whether it was there before).

    Asked again, by whomever and however often, it gives the same answer (F-001, F-004). Raises
    Refused for a wrong proof, Conflict if the data changed since they were shown, NotAllocated with
    what stands against it, Locked where the participant is held, KeyReused if an idempotency key
    came before for somebody else.
    """
    if not Allocation.objects.filter(participant=participant).exists():
        prove_signer(
            signer=proof.signer,
            username=proof.username,
            password=proof.password,
            components=proof.components,
            by=by,
            address=proof.address,
        )
    return _whole(lambda: _once(participant, proof, by, key))


def _whole(act: Callable[[], T]) -> T:
    """The unit, again where the database undid it. Raises NotAllocated where somebody else held a
    lock for too long."""
    try:
        return again_if_torn(act)
    except OperationalError as error:
        if code_of(error) != LOCKED:
            raise
    raise NotAllocated({"": [REFUSALS[LOCKED]]})


def _once(participant: Participant, proof: Proof, by: Actor, key: str) -> tuple[Allocation, bool]:
    if not key:
        return _allocate(participant, proof, by)
    made: list[tuple[Allocation, bool]] = []

    def act() -> dict[str, int]:
        made.append(_allocate(participant, proof, by))
        return {"allocation": made[0][0].pk}

    with transaction(by=by):
        answer, replayed = once(
            user_id=proof.signer.pk,
            key=f"randomise:{key}",
            body={"participant": participant.code},
            act=act,
        )
    return (Allocation.objects.get(pk=answer["allocation"]), True) if replayed else made[0]


def _allocate(participant: Participant, proof: Proof, by: Actor) -> tuple[Allocation, bool]:
    with transaction(by=by):
        person = _lock(participant)
        there = Allocation.objects.filter(participant=person).first()
        if there is not None:
            return there, True
        require_open(place_of(person))
        found = candidate(person)
        _require_ready(found, confirmed=proof.confirmed)
        document, signature = _sign(person, proof, by)
        slot, bag_ids = _take(found)
        allocation = Allocation.objects.create(
            participant=person,
            number=f"{found.stratum}-{slot:03d}".upper(),
            stratum=found.stratum,
            slot=slot,
            factors=found.factors,
            frozen=frozen_rows(document.rows),
            protocol_version=found.protocol,
            signature=signature,
            allocated_at=timezone.now(),
            allocated_by=by.name,
        )
        _reserve(person, bag_ids, by)
        _tell(allocation, by)
        return allocation, False


def _lock(participant: Participant) -> Participant:
    rows = Participant.objects.select_for_update(of=("self",)).select_related("site")
    return rows.get(pk=participant.pk)


def _require_ready(found: Candidate, *, confirmed: bool) -> None:
    stopping = blocking(found.reasons) if confirmed else found.reasons
    if stopping:
        raise NotAllocated({"": [AGAINST[reason] for reason in stopping]})


def subject_of(participant: Participant) -> Subject:
    """What is signed: that this participant, with these answers, is to be randomised."""
    return Subject(Scope.ALLOCATION, participant.site, participant.pk, participant.code)


def _sign(person: Participant, proof: Proof, by: Actor) -> tuple[Document, Signature]:
    subject = subject_of(person)
    document = content.read(subject)
    request = Request(subject, read=lambda: document, against=lambda: (), shown=proof.shown)
    return document, put(request, proof.signer, proof.components, by)


def _take(found: Candidate) -> tuple[int, list[int]]:
    """A slot and bags from where the arms are known. Raises NotAllocated."""
    person = found.participant
    slot, bag_ids = _ask(
        "select * from sealed.allocate(%s, %s, %s::jsonb, %s, %s)",
        person.pk, found.stratum, _levels(found), found.parameters.bags, found.needed_until,
    )  # fmt: skip
    return slot, list(bag_ids)


def _levels(found: Candidate) -> str:
    return json.dumps({name: found.factors[name] for name in ("site", "group")})


def _ask(statement: str, *given: str | int | datetime) -> tuple[Any, ...]:
    """One row of a function of the sealed schema.

    Raises NotAllocated in words where it refuses. Of any other error the code alone goes on: the
    database's own text may name values of a sealed row (F-041).
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement, given)
            found: tuple[Any, ...] = cursor.fetchone()
            return found
    except DatabaseError as error:
        code = code_of(error)
    words = REFUSALS.get(code)
    if words is not None:
        raise NotAllocated({"": [words]})
    raise SealedError(code)


def _reserve(person: Participant, bag_ids: list[int], by: Actor) -> list[Bag]:
    first = Visit.objects.filter(participant=person, number=0, held_on=None)
    visit = first.order_by("position").exclude(code="SCR").first()
    step = Step(Event.RESERVE, site=person.site, participant=person, visit=visit)
    return move(bags=bag_ids, step=step, by=by)


def _tell(allocation: Allocation, by: Actor) -> None:
    person = allocation.participant
    events.record(
        events.Act.RANDOMISED,
        by=by,
        record=f"randomization_allocation:{allocation.pk}",
        details={"number": allocation.number, "stratum": allocation.stratum,
                 "factors": allocation.factors},
        subject=(person.site_id, person.pk, None),
    )  # fmt: skip


def reserve_more(*, participant: Participant, visit: Visit, bags: int, by: Actor) -> list[Bag]:
    """Reserve bags for a later infusion of a randomised participant (F-016, F-017).

    Asked again while a bag is reserved, issued or verified for the visit, it takes no other. Raises
    NotAllocated, with words that are the same for every arm, where the site has not enough that
    lasts until the day for which the visit is planned, OutOfTurn where an infusion before this one
    is still open, or this one was given.
    """
    return _whole(lambda: _reserve_for(participant, visit, bags, by))


def _reserve_for(participant: Participant, visit: Visit, bags: int, by: Actor) -> list[Bag]:
    with transaction(by=by):
        person = _lock(participant)
        require_open(place_of(person))
        require_turn(visit, person)
        mine = Bag.objects.filter(reserved_for=person, visit=visit)
        if mine.filter(state=State.INFUSED).exists():
            raise OutOfTurn({"": [_("Product was given at %s already.") % visit.label]})
        held = list(mine.filter(state__in=HELD_FOR_SOMEBODY))
        if held:
            return held
        until = needed_until(person.site, visit.target_on)
        statement = "select sealed.bags_for(%s, %s, %s, %s)"
        (found,) = _ask(statement, person.pk, person.site_id, bags, until)
        step = Step(Event.RESERVE, site=person.site, participant=person, visit=visit)
        return move(bags=list(found), step=step, by=by)
