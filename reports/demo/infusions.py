"""The demo study's infusions: who got which bag when, and what went otherwise than planned."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random

from django.utils import timezone

from patients.models import Participant
from patients.models import Status as ParticipantStatus
from randomization.demo.clock import DAY, clock_at, local
from randomization.services.allocating import reserve_more
from reports.demo.bedside import Given, Hitch, Part, Reaction, running, whole
from reports.demo.places import Place
from trial.inbox.models import Item
from trial.inbox.services import close_item
from trial.protocol import registry
from visits.custody import Event, State
from visits.infusion_sections import parse
from visits.models import Bag, Status, Visit
from visits.selectors.infusions import Sheet
from visits.selectors.product import infusion_codes
from visits.services.bags import Step, move
from visits.services.infusions import REACTION_ITEM, Entry, record

# What happens at the first site, by the running number of its infusions.
HITCHES = {
    4: Hitch.RETURNED, 9: Hitch.WARNING, 15: Hitch.WASTED, 21: Hitch.DEVIATION, 33: Hitch.STOPPED,
}  # fmt: skip
# Everywhere: one infusion in so many has a reaction.
ONE_IN = 32
REVIEWED = timedelta(days=60)  # what is older, the investigator has looked at
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@dataclass(slots=True)
class Ward:
    """The infusions of all sites as they are loaded, in the order of the participants."""

    seed: int
    today: date
    count: dict[str, int] = field(default_factory=dict)

    def give(self, person: Participant, place: Place) -> None:
        """Every infusion that lies in the past, each with a bag of its own."""
        rng = Random(f"{self.seed} {person.code}")  # noqa: S311 - a simulation, repeatable
        weight = rng.randint(450, 700) if person.sex == "F" else rng.randint(580, 850)
        for visit in _visits(person):
            on = visit.held_on or visit.target_on
            if visit.status == Status.MISSED or on is None:
                continue
            if on >= self.today:
                return
            start = local(on, time(10, rng.randint(0, 55)), place.site.zone)
            hitch, reaction = self._fate(place.site.code, rng)
            weight += rng.randint(-8, 8)
            _infuse(visit, place, Given(start, weight, hitch, reaction, rng))

    def _fate(self, site: str, rng: Random) -> tuple[Hitch | None, Reaction | None]:
        number = self.count[site] = self.count.get(site, 0) + 1
        hitch = HITCHES.get(number) if site == "01" else None
        if hitch is Hitch.STOPPED:
            return hitch, Reaction("chills", 2, "Rigors, infusion stopped, warmed, resolved")
        mild = Reaction(rng.choice(["fever", "chills", "headache", "nausea"]), 1, "Resolved")
        return hitch, mild if rng.randrange(ONE_IN) == 0 else None


def _visits(person: Participant) -> list[Visit]:
    codes = infusion_codes(registry.latest())
    found = Visit.objects.filter(participant=person, code__in=codes, number=0)
    return list(found.select_related("participant__site").order_by("position"))


def _infuse(visit: Visit, place: Place, given: Given) -> None:
    """From the reservation to the last vital sign."""
    bag = _bag(visit, place, given)
    _two_people(Event.ISSUE, bag, visit, place, given.start - 70 * MINUTE)
    if given.hitch is Hitch.WASTED:
        _away(Event.WASTE, bag, place, given.start - 60 * MINUTE, "Leaked at the port")
        bag = _reserved(visit, place, given.start - 55 * MINUTE)
        _two_people(Event.ISSUE, bag, visit, place, given.start - 50 * MINUTE)
    _two_people(Event.VERIFY, bag, visit, place, given.start - 10 * MINUTE)
    now = timezone.now()
    with clock_at(min(now, given.end + DAY + 3 * HOUR)):
        _write(bag, place, whole(given, now))
    if given.reaction and given.start < now - REVIEWED:
        _look_at(bag, place, given.start + DAY)


def _bag(visit: Visit, place: Place, given: Given) -> Bag:
    """The bag that was reserved at randomisation, or one for a later infusion."""
    first = Bag.objects.filter(visit=visit, state=State.RESERVED).first()
    bag = first or _reserved(visit, place, given.start - 150 * MINUTE)
    if given.hitch is not Hitch.RETURNED:
        return bag
    _two_people(Event.ISSUE, bag, visit, place, given.start - 140 * MINUTE)
    note = "Cool box was open on the ward for an hour"
    _away(Event.RETURN, bag, place, given.start - 120 * MINUTE, note)
    return _reserved(visit, place, given.start - 100 * MINUTE)


def _reserved(visit: Visit, place: Place, at: datetime) -> Bag:
    with clock_at(at):
        (bag,) = reserve_more(
            participant=visit.participant, visit=visit, bags=1, by=place.coordinator
        )
    return bag


def _two_people(event: Event, bag: Bag, visit: Visit, place: Place, at: datetime) -> None:
    step = Step(
        event, site=place.site, participant=visit.participant, visit=visit,
        second=place.investigator,
    )  # fmt: skip
    move(bags=[bag.pk], step=step, by=place.coordinator, at=at)


def _away(event: Event, bag: Bag, place: Place, at: datetime, note: str) -> None:
    step = Step(event, site=place.site, note=note)
    move(bags=[bag.pk], step=step, by=place.coordinator, at=at)


def _write(bag: Bag, place: Place, parts: Sequence[Part]) -> None:
    """All sections at once, the order first, as all others go by it."""
    nothing = Sheet(bag)
    entries = []
    for name, values in parts:
        section = parse(name)
        entries.append(Entry(section, values, nothing.mark(section)))
    record(bag=bag, entries=entries, by=place.coordinator)


def _look_at(bag: Bag, place: Place, at: datetime) -> None:
    """The investigator has dealt with the reactions that were put before them."""
    with clock_at(at):
        for item in Item.objects.filter(kind=REACTION_ITEM, params__bag=bag.number, done_at=None):
            note = "Expected and mild, resolved the same day"
            close_item(item=item, note=note, by=place.signer)


def in_progress(places: Sequence[Place], seed: int) -> tuple[int, int]:
    """One infusion that runs right now, if somebody's is due today, and a bag reserved for each
    that is due this week. Returns how many of both."""
    by_site = {place.site.pk: place for place in places}
    waiting = _waiting(timedelta(days=7))
    reserved = 0
    running_now = 0
    for visit in waiting:
        place = by_site[visit.participant.site_id]
        today = place.site.today()
        opens, closes = visit.opens_on or today, visit.closes_on or today
        if not running_now and opens <= today <= closes:
            _hang_up(visit, place, Random(f"{seed} now"))  # noqa: S311 - a simulation
            running_now += 1
        else:
            reserve_more(participant=visit.participant, visit=visit, bags=1, by=place.coordinator)
            reserved += 1
    return running_now, reserved


def _waiting(within: timedelta) -> list[Visit]:
    """The infusions that come next, the first site's first."""
    today = timezone.localdate()
    codes = infusion_codes(registry.latest())
    found = Visit.objects.filter(
        status=Status.PLANNED, code__in=codes, number=0, bags=None,
        participant__status=ParticipantStatus.ENROLLED,
        target_on__range=(today - DAY, today + within),
    )  # fmt: skip
    return list(found.select_related("participant__site").order_by("participant__code", "position"))


def _hang_up(visit: Visit, place: Place, rng: Random) -> None:
    """Started 40 minutes ago, the last vital signs not yet taken."""
    now = timezone.now().replace(second=0, microsecond=0)
    chills = Reaction("chills", 1, "A blanket, no drug")
    given = Given(now - 40 * MINUTE, rng.randint(550, 700), None, chills, rng)
    bag = _reserved(visit, place, given.start - 2 * HOUR)
    _two_people(Event.ISSUE, bag, visit, place, given.start - HOUR)
    _two_people(Event.VERIFY, bag, visit, place, given.start - 10 * MINUTE)
    _write(bag, place, running(given, now))
