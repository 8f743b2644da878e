"""Temperature logs of a shipment, and the judgement of what they show (clinical rules §8.2).

Everything here is the same for every bag of the shipment: nobody learns from an excursion, nor
from its judgement, what is in which bag (F-039).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trial.access.exceptions import Refused
from trial.audit.context import Actor, transaction
from trial.audit.records import Place
from trial.quality.selectors.holds import require_open
from visits import temperature
from visits.custody import ENDS, Event
from visits.models import Bag, BagMovement, Excursion, Shipment, TemperatureLog
from visits.services.bags import Step, move
from visits.temperature import Fault, LogError, Outside, Reading

_TENTH = Decimal("0.1")
WORDS: dict[Fault, str | Promise] = {
    Fault.NOT_TEXT: gettext_lazy("The file is not text in UTF-8."),
    Fault.HEADER: gettext_lazy("The first line has to be: time,temperature"),
    Fault.EMPTY: gettext_lazy("There is no reading in the file."),
    Fault.TOO_LONG: gettext_lazy("The file is larger than 2 MB."),
    Fault.COLUMNS: gettext_lazy("There have to be two columns."),
    Fault.TIME: gettext_lazy("This is no time. Write it as 2026-03-05T08:15:00+08:00."),
    Fault.OFFSET: gettext_lazy("The time has no offset from UTC, such as +08:00."),
    Fault.ORDER: gettext_lazy("The time is not after the one before."),
    Fault.NUMBER: gettext_lazy("This is no temperature."),
    Fault.IMPLAUSIBLE: gettext_lazy("The temperature can't be right: -200 to 100 °C."),
}


@dataclass(frozen=True, slots=True)
class Stretch:
    """One excursion of a shipment: the same rows on each of its bags, judged as one."""

    began_at: datetime
    source: str


def take_log(*, shipment: Shipment, data: bytes, by: Actor) -> TemperatureLog:
    """Keep a logger's file and open an excursion for each stretch outside the shipment's limits, on
    every bag that was still there. A bag with an open excursion can't go towards anybody.

    Raises Refused("file") with each bad line, or if the file was taken before.
    """
    try:
        readings = temperature.read(data)
    except LogError as error:
        raise Refused({"file": [_in_words(one) for one in error.problems]}) from None
    digest = hashlib.sha256(data).hexdigest()
    with transaction(by=by):
        require_open(Place(shipment.site_id))
        bags = _lock(shipment)
        if TemperatureLog.objects.filter(shipment=shipment, sha256=digest).exists():
            raise Refused({"file": [_("This file has been taken before.")]})
        log = _log(shipment, data, digest, readings, by)
        found = temperature.outside(readings, shipment.storage_low, shipment.storage_high)
        _open(bags, found, f"log {digest[:12]}", by)
    return log


def _in_words(problem: temperature.Problem) -> str:
    words = {"line": problem.line, "what": WORDS[problem.fault]}
    return _("Line %(line)s: %(what)s") % words


def _lock(shipment: Shipment) -> list[Bag]:
    return list(Bag.objects.filter(shipment=shipment).select_for_update().order_by("pk"))


def _log(
    shipment: Shipment, data: bytes, digest: str, readings: Sequence[Reading], by: Actor
) -> TemperatureLog:
    return TemperatureLog.objects.create(
        shipment=shipment,
        sha256=digest,
        content=data.decode("utf-8-sig"),
        readings=len(readings),
        first_at=readings[0].at,
        last_at=readings[-1].at,
        lowest=_down(min(one.celsius for one in readings)),
        highest=_up(max(one.celsius for one in readings)),
        imported_at=timezone.now(),
        imported_by=by.name,
    )


def _down(celsius: Decimal) -> Decimal:
    """To a tenth, away from the limits: 1.96 is told as 1.9, not as the 2.0 that is allowed."""
    return celsius.quantize(_TENTH, ROUND_FLOOR)


def _up(celsius: Decimal) -> Decimal:
    return celsius.quantize(_TENTH, ROUND_CEILING)


def _open(bags: Sequence[Bag], found: Sequence[Outside], source: str, by: Actor) -> None:
    ends = _ends(bags)
    now = timezone.now()
    rows = [
        Excursion(
            bag=bag, began_at=one.began_at, ended_at=one.ended_at, lowest=_down(one.lowest),
            highest=_up(one.highest), source=source, opened_at=now, opened_by=by.name,
        )
        for one in found
        for bag in bags
        if bag.pk not in ends or ends[bag.pk] > one.began_at
    ]  # fmt: skip
    Excursion.objects.bulk_create(rows)
    _mark({row.bag_id for row in rows})


def _ends(bags: Sequence[Bag]) -> dict[int, datetime]:
    """When each bag that is no longer there was infused, returned, wasted or recalled."""
    gone = [bag.pk for bag in bags if bag.state in ENDS]
    last = BagMovement.objects.filter(bag__in=gone, number=F("bag__version"))
    return dict(last.values_list("bag", "at"))


def _mark(bag_ids: set[int]) -> None:
    """Each bag knows whether one of its excursions is still to be judged."""
    waiting = set(
        Excursion.objects.filter(bag__in=bag_ids, judged_at=None).values_list("bag", flat=True)
    )
    Bag.objects.filter(pk__in=waiting, excursion_open=False).update(excursion_open=True)
    Bag.objects.filter(pk__in=bag_ids - waiting, excursion_open=True).update(excursion_open=False)


def judge(
    *,
    shipment: Shipment,
    stretch: Stretch,
    verdict: Excursion.Verdict,
    ground: Excursion.Ground,
    by: Actor,
) -> None:
    """Judge one excursion for all bags of the shipment: they may be used, or those that are still
    there are wasted.

    Raises Refused if it is judged already, or if ground and verdict contradict each other.
    """
    if (ground == Excursion.Ground.UNSTABLE) != (verdict == Excursion.Verdict.UNUSABLE):
        raise Refused({"ground": [_("The ground and the judgement contradict each other.")]})
    with transaction(by=by, reason=ground.value):
        require_open(Place(shipment.site_id))
        bags = _lock(shipment)
        rows = list(_unjudged(shipment, stretch))
        if not rows:
            raise Refused({"": [_("This excursion has been judged.")]})
        _judged(rows, verdict, ground, by)
        _mark({row.bag_id for row in rows})
        if verdict == Excursion.Verdict.UNUSABLE:
            _waste(bags, {row.bag_id for row in rows}, by)


def _unjudged(shipment: Shipment, stretch: Stretch) -> QuerySet[Excursion]:
    return Excursion.objects.filter(
        bag__shipment=shipment, began_at=stretch.began_at, source=stretch.source, judged_at=None
    )


def _judged(
    rows: Sequence[Excursion], verdict: Excursion.Verdict, ground: Excursion.Ground, by: Actor
) -> None:
    for row in rows:
        row.verdict, row.note = verdict.value, ground.value
        row.judged_at, row.judged_by = timezone.now(), by.name
    Excursion.objects.bulk_update(rows, ["verdict", "note", "judged_at", "judged_by"])


def _waste(bags: Sequence[Bag], touched: set[int], by: Actor) -> None:
    there = [bag.pk for bag in bags if bag.pk in touched and bag.state not in ENDS]
    if there:
        move(bags=there, step=Step(Event.WASTE), by=by, reason="temperature")
