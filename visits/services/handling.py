"""What people at a site do with bags: receive, issue, verify at the bedside, give back, discard.

Each act ends in `visits.services.bags.move`, which alone decides whether it may happen. A
reservation is not ended here: the bag would later be reserved for another participant, and
everybody could read off its ledger that the two are in one arm. It is given back or discarded.
"""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from patients.codes import mistyped, normalise, plain
from patients.models import Participant
from trial.access.exceptions import Refused
from trial.access.models import User
from trial.audit.context import Actor, transaction
from visits.custody import Event, Why
from visits.models import Bag, Excursion, Shipment, Visit
from visits.services.bags import NotMovable, Step, move
from visits.services.turns import require_turn
from visits.services.witness import Witness, prove_second

ARRIVAL = "arrival"  # where the figures of an excursion come from; not in anybody's language


@dataclass(frozen=True, slots=True)
class Arrival:
    """A delivery as it was found: the logger's temperature in °C, and what it looked like."""

    temperature: Decimal
    condition: str


@dataclass(frozen=True, slots=True)
class Identity:
    """What was read off the request or the wristband: two things that tell one person from
    another."""

    code: str
    birth_year: int


def receive(*, shipment: Shipment, bags: Collection[int], arrival: Arrival, by: Actor) -> list[Bag]:
    """Take bags of a shipment into stock; those that did not come are left on their way.

    A delivery outside the storage limits is taken in and barred: each bag gets an excursion that
    somebody who knows the product has to judge. Raises Refused, NotMovable, Locked.
    """
    if not bags:
        raise Refused({"bags": [_("Say which bags have come.")]})
    known = set(shipment.bags.values_list("pk", flat=True))
    if not set(bags) <= known:
        raise Refused({"bags": [_("A bag is not of this shipment.")]})
    step = Step(
        Event.RECEIVE,
        site=shipment.site,
        temperature=arrival.temperature,
        condition=arrival.condition,
    )
    with transaction(by=by):
        moved = move(bags=sorted(bags), step=step, by=by)
        if not shipment.storage_low <= arrival.temperature <= shipment.storage_high:
            _bar(moved, arrival, by)
        return moved


def _bar(bags: list[Bag], arrival: Arrival, by: Actor) -> None:
    now = timezone.now()
    for bag in bags:
        bag.excursion_open = True
    Bag.objects.bulk_update(bags, ["excursion_open"])
    Excursion.objects.bulk_create(
        Excursion(
            bag=bag, began_at=now, ended_at=now, source=ARRIVAL,
            lowest=arrival.temperature, highest=arrival.temperature,
            opened_at=now, opened_by=by.name,
        )
        for bag in bags
    )  # fmt: skip


def issue(*, bag: Bag, identity: Identity, witness: Witness, by: Actor) -> Bag:
    """Hand a reserved bag out for the participant of this code and year of birth, by two people
    (clinical rules §8.3).

    Raises Refused for what does not fit or a proof that is wrong, OutOfTurn, NotMovable, Locked.
    """
    person = _identified(bag, identity)
    second = prove_second(witness=witness, site=bag.site, act="issue", by=by)
    return _for_somebody(Event.ISSUE, bag, person, second, by)


def verify(*, bag: Bag, identity: Identity, witness: Witness, by: Actor) -> Bag:
    """Confirm at the bedside that this bag is for this person: code and year of birth of the
    wristband, number and expiry of the bag, by two people.

    Raises Refused for what does not fit or a proof that is wrong, OutOfTurn, NotMovable, Locked.
    """
    person = _identified(bag, identity)
    second = prove_second(witness=witness, site=bag.site, act="verify", by=by)
    return _for_somebody(Event.VERIFY, bag, person, second, by)


def _identified(bag: Bag, identity: Identity) -> Participant:
    person = _named(bag, identity.code)
    if person.birth_year != identity.birth_year:
        raise Refused({"birth_year": [_("This is not the participant's year of birth.")]})
    return person


def _named(bag: Bag, typed: str) -> Participant:
    """The participant whose code was read. One of another site is as good as none (R-30)."""
    if mistyped(typed):
        raise Refused({"code": [_("The check digit does not fit: a digit is wrong.")]})
    code = normalise(typed) or plain(typed)
    people = Participant.objects.select_related("site").filter(site=bag.site_id, code=code)
    person = people.first()
    if person is None or person.pk != bag.reserved_for_id:
        raise NotMovable(bag, Why.WRONG_PARTICIPANT)
    return person


def _for_somebody(event: Event, bag: Bag, person: Participant, second: User, by: Actor) -> Bag:
    with transaction(by=by):
        visit = _visit_of(bag)
        person = Participant.objects.select_for_update(of=("self",)).get(pk=person.pk)
        require_turn(visit, person)
        step = Step(event, site=bag.site, participant=person, second=second)
        return move(bags=[bag.pk], step=step, by=by)[0]


def _visit_of(bag: Bag) -> Visit | None:
    return Visit.objects.filter(pk=bag.visit_id or 0).first()


def give_back(*, bag: Bag, reason: str, by: Actor) -> Bag:
    """Send a bag back to the pharmacy, with the reason."""
    return _away(Event.RETURN, bag, reason, by)


def waste(*, bag: Bag, reason: str, by: Actor) -> Bag:
    """Discard a bag, with the reason."""
    return _away(Event.WASTE, bag, reason, by)


def _away(event: Event, bag: Bag, reason: str, by: Actor) -> Bag:
    if not reason.strip():
        raise Refused({"reason": [_("Say why.")]})
    step = Step(event, site=bag.site, note=reason.strip())
    return move(bags=[bag.pk], step=step, by=by)[0]
