"""What a participant was allocated and given, as everybody may see it: no arm is here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, F, OuterRef, Q
from django.db.models.functions import JSONObject

from patients.models import Participant
from randomization.models import Allocation
from trial.access.policy import AnyUser, can
from trial.access.roles import Permission
from visits import custody
from visits.custody import State
from visits.dosing import Grade
from visits.models import Bag, Visit
from visits.models.infusion import GRADE_NAMES
from visits.models.product import STATE_NAMES
from visits.selectors.product import look_of

TONES = {Grade.WITHIN: "green", Grade.WARNING: "amber", Grade.DEVIATION: "red"}


@dataclass(frozen=True, slots=True)
class Dose:
    """A bag, and what was recorded of its infusion; `reactions`: how many occurred."""

    bag: Bag
    started: datetime | None
    ended: datetime | None
    cells: Decimal | None
    volume: Decimal | None
    grade: Grade | None
    stopped_early: bool
    recorded: bool
    reactions: int

    @property
    def look(self) -> str:
        """The look of the bag's state."""
        return look_of(self.bag.state)

    @property
    def state(self) -> object:
        """The bag's state in words."""
        return STATE_NAMES[State(self.bag.state)]

    @property
    def usable(self) -> bool:
        """Whether its storage still matters."""
        return State(self.bag.state) in custody.ON_THE_WAY

    @property
    def tone(self) -> str:
        return TONES[self.grade] if self.grade else ""

    @property
    def word(self) -> object:
        """How the dose given lies against the one ordered."""
        return GRADE_NAMES[self.grade] if self.grade else ""

    @property
    def running(self) -> bool:
        """Whether it has started and not ended."""
        return self.started is not None and self.ended is None

    @property
    def minutes(self) -> int | None:
        """For how long it ran."""
        if self.started is None or self.ended is None:
            return None
        return int((self.ended - self.started).total_seconds()) // 60

    @property
    def linked(self) -> bool:
        """Whether its infusion form has something to show or to be filled in."""
        return self.recorded or self.bag.state == State.VERIFIED


@dataclass(frozen=True, slots=True)
class Treatment:
    """The allocation and the bags of a participant, in the order of their visits."""

    allocation: Allocation | None
    doses: list[Dose]

    @property
    def cells(self) -> Decimal:
        """10^6 viable cells by the label, of all infusions together."""
        return sum((one.cells for one in self.doses if one.cells is not None), Decimal(0))

    @property
    def infusions(self) -> int:
        """How many have started."""
        return sum(1 for one in self.doses if one.started)

    @property
    def reactions(self) -> int:
        """How many occurred, of all infusions."""
        return sum(one.reactions for one in self.doses)


def bags_of() -> ArraySubquery:
    """The bags of each participant of a query with what was given: within its own statement."""
    occurred = Q(infusion__reactions__occurred=True)
    # By number, which was drawn at random: the order of packing is nobody's business.
    bags = Bag.objects.filter(reserved_for=OuterRef("pk")).order_by("visit__position", "number")
    return ArraySubquery(
        bags.annotate(reactions=Count("infusion__reactions", filter=occurred)).values(
            facts=JSONObject(
                number="number", state="state", excursion_open="excursion_open",
                visit=JSONObject(code="visit__code", number="visit__number"),
                infusion="infusion__pk", started="infusion__started", ended="infusion__ended",
                cells="infusion__given_cells", volume="infusion__given_ml",
                grade="infusion__given_grade", stopped=F("infusion__stopped_early"),
                reactions="reactions",
            )
        )
    )  # fmt: skip


def treatment_of(user: AnyUser, participant: Participant) -> Treatment | None:
    """None for whoever may not see the product. No statement of its own: the participant comes
    with its `allocation`, if there is one, and its `product` (`bags_of`)."""
    if not can(user, Permission.PRODUCT_VIEW, participant.site_id):
        return None
    facts: list[Mapping[str, Any]] = getattr(participant, "product", [])
    return Treatment(getattr(participant, "allocation", None), [_dose(one) for one in facts])


def _dose(facts: Mapping[str, Any]) -> Dose:
    place = facts["visit"]
    visit = Visit(**place) if place["code"] else None
    return Dose(
        bag=Bag(number=facts["number"], state=facts["state"], visit=visit,
                excursion_open=facts["excursion_open"]),
        started=_moment(facts["started"]),
        ended=_moment(facts["ended"]),
        cells=_decimal(facts["cells"]),
        volume=_decimal(facts["volume"]),
        grade=Grade(facts["grade"]) if facts["grade"] else None,
        stopped_early=bool(facts["stopped"]),
        recorded=facts["infusion"] is not None,
        reactions=facts["reactions"],
    )  # fmt: skip


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _decimal(number: float | None) -> Decimal | None:
    return None if number is None else Decimal(str(number))
