"""Bags as everybody sees them, moved as people at a site do; what is in them is left open."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

from django.utils import timezone

from patients.models import Participant
from tests.factories import study
from trial.access.models import Site, User
from trial.audit.context import Actor, transaction
from visits.bag_numbers import draw
from visits.custody import Event, State
from visits.infusion_sections import parse
from visits.models import Bag, BagMovement, Shipment
from visits.selectors.infusions import sheet_of
from visits.services.bags import Step, move
from visits.services.infusions import Entry, record


@dataclass(frozen=True)
class Ago:
    """A time that is told when it is recorded: tests are collected long before they run."""

    minutes: int


WAY = (Event.RESERVE, Event.ISSUE, Event.VERIFY)


def shipment(site: Site, count: int = 1, *, days: float = 20) -> Shipment:
    """A shipment of released bags: 31×10⁶ cells in 31 mL each by the label, kept at 2 to 8 °C."""
    with transaction(by=study.SETUP):
        found = Shipment.objects.create(
            site=site, number=Shipment.objects.count() + 1,
            expires_at=timezone.now() + timedelta(days=days), volume_ml=Decimal(31),
            cells=Decimal(31), storage_low=Decimal(2), storage_high=Decimal(8),
            packed_at=timezone.now(), packed_by="test",
        )  # fmt: skip
        taken = set(Bag.objects.values_list("number", flat=True))
        numbers = draw(count, taken, Random(len(taken)).randrange)
        for position, number in enumerate(numbers):
            bag = Bag.objects.create(
                number=number, shipment=found, site=site, position=position,
                expires_at=found.expires_at, state=State.RELEASED,
            )  # fmt: skip
            BagMovement.objects.create(
                bag=bag, number=1, event=Event.RELEASE, state=State.RELEASED, at=timezone.now(),
                by="test", site=site,
            )  # fmt: skip
    return found


def on_the_way(site: Site, count: int = 1, *, days: float = 20) -> Shipment:
    """The same, shipped."""
    found = shipment(site, count, days=days)
    move(bags=list(found.bags.values_list("pk", flat=True)), step=Step(Event.SHIP), by=study.SETUP)
    return found


def received(site: Site, count: int = 1, *, days: float = 20) -> list[Bag]:
    """The same, in stock."""
    found = on_the_way(site, count, days=days)
    ids = list(found.bags.values_list("pk", flat=True))
    return move(bags=ids, step=Step(Event.RECEIVE, site=site), by=study.SETUP)


def bag_for(
    person: Participant, code: str = "D0", state: State = State.VERIFIED, *, second: User
) -> Bag:
    """A bag for a visit of a participant, as far on its way as `state`."""
    (bag,) = received(person.site)
    visit = study.visit_of(person, code)
    for event in WAY:
        step = Step(event, site=person.site, participant=person, visit=visit, second=second)
        by = Actor(name="nurse", id=second.pk + 10_000)
        (bag,) = move(bags=[bag.pk], step=step, by=by, at=timezone.now() - timedelta(hours=3))
        if bag.state == state:
            break
    return Bag.objects.select_related("site", "shipment", "visit__participant__site").get(pk=bag.pk)


def put(bag: Bag, section: str, *, reason: str = "", base: str | None = None, **values: Any):
    """Record one section, over what is stored unless `base` says otherwise."""
    found = parse(section)
    mark = sheet_of(bag).mark(found) if base is None else base
    typed = {n: moment(v.minutes) if isinstance(v, Ago) else v for n, v in values.items()}
    entry = Entry(found, typed, mark)
    return record(bag=bag, entries=[entry], by=study.SETUP, reason=reason)


def ordered(bag: Bag, weight: str = "62", cells: str = "31", ml: str = "31") -> None:
    """Weighed and prepared; on the day on which an infusion of these tests may have started."""
    on = moment(240).astimezone(bag.site.zone).date()
    put(bag, "order", weight_kg=Decimal(weight), weighed_on=on)
    put(bag, "preparation", prepared_cells=Decimal(cells), prepared_ml=Decimal(ml),
        preparation_note="")  # fmt: skip


def started(bag: Bag, minutes_ago: int = 60) -> Bag:
    """Ordered, prepared and started so many minutes ago."""
    ordered(bag)
    put(bag, "start", started=moment(minutes_ago))
    return Bag.objects.select_related("site", "shipment", "visit__participant__site").get(pk=bag.pk)


def moment(minutes_ago: int):
    """A full minute in the past."""
    now = timezone.now().replace(second=0, microsecond=0)
    return now - timedelta(minutes=minutes_ago)


def sonography(minutes_ago: int) -> dict[str, Any]:
    """Findings without anything remarkable."""
    return {"examined": Ago(minutes_ago), "operator": "Dr. One", "device": "E9",
            "portal_vein": "yes", "hepatic_veins": "yes", "thrombus": "no", "ascites": "none",
            "images": "PACS 1", "finding": ""}  # fmt: skip


def vitals(minutes_ago: int, **values: Any) -> dict[str, Any]:
    """Vital signs of somebody who is well, but for `values`."""
    return {"measured": Ago(minutes_ago), "heart_rate": 72, "systolic": 120, "diastolic": 80,
            "respiration": 14, "oxygen": 98, "temperature": Decimal("36.6"), "not_done": "",
            } | values  # fmt: skip


def whole(bag: Bag) -> Bag:
    """An infusion of an hour with something in every section, ended two hours ago."""
    put(bag, "line", line="peripheral", gauge="20G", filter="standard")
    put(bag, "drug-new", drug="Cetirizine", dose="10 mg", given=moment(185), struck=False)
    put(bag, "sonography-before", **sonography(185))
    put(bag, "vitals-B", **vitals(182))
    bag = started(bag, 180)
    put(bag, "rate-new", since=moment(180), rate_ml_h=Decimal(31), note="", struck=False)
    put(bag, "vitals-D15", **vitals(165))
    put(bag, "reaction-chills", occurred=True, onset=moment(150), grade=1, note="a blanket")
    put(bag, "end", ended=moment(120), given_ml=Decimal(31), residual_ml=Decimal(0),
        flush_ml=Decimal(20), stopped_early=False, stop_reason="", end_note="")  # fmt: skip
    return bag
