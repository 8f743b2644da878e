"""The one way in which a bag moves: judged by the rules, written to its ledger (R-30, §8.3).

Every caller names bags by their rows; they are locked in the order of their ids, so that two
callers never wait for each other. Either all of them move or none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from patients.models import Participant
from trial.access.exceptions import Refused
from trial.access.models import Site, User
from trial.audit.context import Actor, transaction
from trial.audit.records import Place
from trial.quality.selectors.holds import require_open
from visits import custody
from visits.custody import Event, Happening, Refusal, Why
from visits.models import Bag, BagMovement, Visit
from visits.selectors.product import known_of

WORDS: dict[Why, str | Promise] = {
    Why.NOT_NOW: _("Bag %s: its state does not allow this."),
    Why.EXPIRED: _("Bag %s has expired."),
    Why.EXCURSION: _("Bag %s was stored outside its temperature limits and is not yet judged."),
    Why.WRONG_SITE: _("Bag %s does not belong to this site."),
    Why.WRONG_PARTICIPANT: _("Bag %s is not the participant's."),
    Why.NO_PARTICIPANT: _("Bag %s: say for whom."),
    Why.TWO_PEOPLE: _("Bag %s: a second person has to confirm."),
}


class NotMovable(Refused):
    """A bag can't do this now: 409, with the reason. `bag` and `why` for whoever decides by it."""

    status = 409

    def __init__(self, bag: Bag, why: Why) -> None:
        self.bag, self.why = bag, why
        super().__init__({"": [WORDS[why] % bag.shown]})


@dataclass(frozen=True, slots=True)
class Step:
    """What happens to bags. `second`: the other pair of eyes. `temperature` in °C.

    `participant` and `visit` are needed for what is done for somebody; a bag that is reserved
    keeps them until the reservation ends.
    """

    event: Event
    site: Site | None = None
    participant: Participant | None = None
    visit: Visit | None = None
    second: User | None = None
    temperature: Decimal | None = None
    condition: str = ""
    note: str = ""


def move(
    *, bags: Sequence[int], step: Step, by: Actor, at: datetime | None = None, reason: str = ""
) -> list[Bag]:
    """Move the bags with these ids, in one transaction. Returns them, locked, in their order.

    Raises NotMovable with the first that can't, Locked where the site or participant is held.
    """
    moment = at or timezone.now()
    with transaction(by=by, reason=reason or step.note):
        locked = _lock(bags)
        for place in {_place(bag, step) for bag in locked}:
            require_open(place)
        movements = [_apply(bag, step, by, moment) for bag in locked]
        _store(locked)
        BagMovement.objects.bulk_create(movements)
    return locked


MOVED = ("state", "reserved_for", "visit", "version")


def _store(bags: Sequence[Bag]) -> None:
    if len(bags) == 1:  # mostly; the statement for many takes several times as long to build
        bags[0].save(update_fields=MOVED)
    else:
        Bag.objects.bulk_update(bags, MOVED)


def _lock(ids: Sequence[int]) -> list[Bag]:
    rows = Bag.objects.select_for_update(of=("self",)).select_related("reserved_for", "site")
    return list(rows.filter(pk__in=ids).order_by("pk"))


def _place(bag: Bag, step: Step) -> Place:
    person = step.participant or bag.reserved_for
    if person is None:
        return Place(bag.site_id)
    return Place(bag.site_id, participant_id=person.pk, participant_code=person.code)


def _apply(bag: Bag, step: Step, by: Actor, at: datetime) -> BagMovement:
    decision = custody.decide(known_of(bag), _happening(step, by, at))
    if isinstance(decision, Refusal):
        raise NotMovable(bag, decision.why)
    person, visit = _for_whom(bag, step)
    bag.state = decision.state
    bag.reserved_for, bag.visit = (None, None) if step.event == Event.FREE else (person, visit)
    bag.version += 1
    return BagMovement(
        bag=bag, number=bag.version, event=step.event, state=decision.state, at=at,
        by=by.name, by_id=by.id,
        second=step.second.username if step.second else "",
        second_id=step.second.pk if step.second else None,
        site_id=bag.site_id, participant=person, visit=visit,
        temperature=step.temperature, condition=step.condition, note=step.note,
    )  # fmt: skip


def _for_whom(bag: Bag, step: Step) -> tuple[Participant | None, Visit | None]:
    return step.participant or bag.reserved_for, step.visit or bag.visit


def _happening(step: Step, by: Actor, at: datetime) -> Happening:
    return Happening(
        event=step.event,
        at=at,
        site_id=step.site.pk if step.site else None,
        participant_id=step.participant.pk if step.participant else None,
        by=by.id,
        second=step.second.pk if step.second else None,
    )
