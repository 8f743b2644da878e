"""What is written down at the bedside in the demo study, as plain values by section. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from random import Random

from visits.infusion_alerts import AFTER_END
from visits.models.course import Term
from visits.vitals_plan import BASELINE, END, Point, points

Values = dict[str, object]
Part = tuple[str, Values]
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
PER_KG = Decimal("0.5")
WARNING, DEVIATION, STOPPED = Decimal("1.13"), Decimal("0.75"), Decimal("0.6")
TENTH = Decimal("0.1")
HOME = "Sent home in the evening"
LEAKED = "One syringe leaked while it was drawn up"


class Hitch(StrEnum):
    """What does not go as planned."""

    RETURNED = "returned"
    WASTED = "wasted"
    WARNING = "warning"
    DEVIATION = "deviation"
    STOPPED = "stopped"


FACTORS = {Hitch.WARNING: WARNING, Hitch.DEVIATION: DEVIATION}
ENDED = {Hitch.STOPPED: "Rigors after 25 minutes", Hitch.DEVIATION: LEAKED}


@dataclass(frozen=True, slots=True)
class Reaction:
    """One that occurs, half way through."""

    term: str
    grade: int
    note: str


@dataclass(frozen=True, slots=True)
class Given:
    """One infusion. `tenths` is the weight in tenths of a kilogram."""

    start: datetime
    tenths: int
    hitch: Hitch | None
    reaction: Reaction | None
    rng: Random

    @property
    def weight(self) -> Decimal:
        return Decimal(self.tenths) / 10

    @property
    def prepared(self) -> Decimal:
        """10^6 viable cells, and mL: one in each."""
        factor = FACTORS.get(self.hitch, Decimal(1)) if self.hitch else Decimal(1)
        return _rounded(_rounded(self.weight * PER_KG) * factor)

    @property
    def infused(self) -> Decimal:
        return _rounded(self.prepared * (STOPPED if self.hitch is Hitch.STOPPED else 1))

    @property
    def end(self) -> datetime:
        return self.start + (35 if self.hitch is Hitch.STOPPED else 60) * MINUTE


def before(given: Given) -> Iterator[Part]:
    """Weight first, then what is prepared, looked at and measured before the start."""
    start, rng = given.start, given.rng
    on = start.date()
    yield "order", {"weight_kg": given.weight, "weighed_on": on}
    note = LEAKED if given.hitch is Hitch.DEVIATION else ""
    yield "preparation", {"prepared_cells": given.prepared, "prepared_ml": given.prepared,
                          "preparation_note": note}  # fmt: skip
    yield "line", {"line": "peripheral", "gauge": rng.choice(["20G", "22G"]), "filter": "standard"}
    if rng.randrange(4) == 0:
        yield "drug-new", {"drug": "Cetirizine", "dose": "10 mg", "given": start - 40 * MINUTE,
                           "struck": False}  # fmt: skip
    yield "sonography-before", _sonography(start - 35 * MINUTE, rng)
    yield _vitals(BASELINE, start - 5 * MINUTE, rng)
    yield "start", {"started": start}
    yield "rate-new", {"since": start, "rate_ml_h": given.prepared, "note": "", "struck": False}


def whole(given: Given, now: datetime) -> list[Part]:
    """Everything about an infusion that has ended, as far as it was due by `now`."""
    parts = list(before(given))
    parts.append(("end", _end(given)))
    parts.append(("sonography-during", _sonography(given.start + 15 * MINUTE, given.rng)))
    parts.append(("sonography-after", _sonography(given.end + 20 * MINUTE, given.rng)))
    plan = points(given.start, given.end, given.end, [])
    parts += [_point(one, given) for one in plan if _due(one, now)]
    return [*parts, *_reaction(given), *_no_other_reaction(given)]


def running(given: Given, now: datetime) -> list[Part]:
    """An infusion that has not ended by `now`: the newest point is still to be measured."""
    plan = points(given.start, None, now, [])
    late = now - 10 * MINUTE
    measured = [_point(one, given) for one in plan if _due(one, late)]
    return [*before(given), *measured, *_reaction(given)]


def _reaction(given: Given) -> list[Part]:
    if given.reaction is None:
        return []
    return [(f"reaction-{given.reaction.term}", {
        "occurred": True, "onset": given.start + 25 * MINUTE, "grade": given.reaction.grade,
        "note": given.reaction.note})]  # fmt: skip


def _no_other_reaction(given: Given) -> list[Part]:
    had = given.reaction.term if given.reaction else ""
    answer = {"occurred": False, "onset": None, "grade": None, "note": ""}
    return [(f"reaction-{term}", dict(answer)) for term in Term.values if term != had]


def _due(point: Point, now: datetime) -> bool:
    return point.code != BASELINE and point.due is not None and point.due + 5 * MINUTE < now


def _point(point: Point, given: Given) -> Part:
    name = f"vitals-{point.code}"
    if point.due is None or (point.code == f"P{AFTER_END[-1]}" and given.rng.randrange(6) == 0):
        return name, {"not_done": HOME}
    shift = 0 if point.code == END else given.rng.choice([0, 0, 1, 2, 3])
    return _vitals(point.code, point.due + shift * MINUTE, given.rng)


def _vitals(code: str, measured: datetime, rng: Random) -> Part:
    systolic = rng.randint(112, 134)
    return f"vitals-{code}", {
        "measured": measured, "heart_rate": rng.randint(62, 88), "systolic": systolic,
        "diastolic": systolic - rng.randint(38, 48), "respiration": rng.randint(12, 17),
        "oxygen": rng.randint(96, 99), "temperature": Decimal(rng.randint(362, 370)) / 10,
    }  # fmt: skip


def _sonography(examined: datetime, rng: Random) -> Values:
    return {
        "examined": examined, "operator": "Sonographer 1", "device": "Demo scanner",
        "portal_vein": "yes", "hepatic_veins": "yes", "thrombus": "no",
        "ascites": "mild" if rng.randrange(12) == 0 else "none",
        "images": f"PACS {rng.randint(10000, 99999)}",
    }  # fmt: skip


def _end(given: Given) -> Values:
    early = given.hitch is Hitch.STOPPED
    return {
        "ended": given.end, "given_ml": given.infused,
        "residual_ml": given.prepared - given.infused, "flush_ml": Decimal(20),
        "stopped_early": early, "stop_reason": "reaction" if early else "",
        "end_note": ENDED.get(given.hitch, "") if given.hitch else "",
    }  # fmt: skip


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(TENTH, ROUND_HALF_UP)
