"""Reading about bags: the stock of a site, one bag, a participant's product."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Case, Count, Q, QuerySet, When
from django.utils import timezone

from patients.models import Participant
from trial.access.policy import AnyUser, can
from trial.access.roles import Permission
from trial.protocol import registry
from trial.protocol.version import ProtocolVersion
from trial.web import status as looks
from visits import custody
from visits.custody import Event, Happening, Refusal, State, Why
from visits.models import Bag, BagMovement, Shipment, Status, Visit
from visits.models.product import STATE_NAMES, BagQuerySet

SOON = timedelta(days=30)
USABLE = (State.RECEIVED, State.RESERVED, State.ISSUED, State.VERIFIED)
# What a person at a site does with a bag, in the order in which it happens.
ACTS = (Event.ISSUE, Event.VERIFY, Event.RETURN, Event.WASTE)
_LOOKS = {
    State.RECEIVED: looks.Status.NOT_DUE,
    State.RESERVED: looks.Status.TO_DO,
    State.ISSUED: looks.Status.NEEDS_YOU,
    State.VERIFIED: looks.Status.NEEDS_YOU,
    State.INFUSED: looks.Status.DONE,
}


def infusion_codes(protocol: ProtocolVersion) -> tuple[str, ...]:
    """The codes of the visits at which product is given."""
    return tuple(v.code for v in protocol.visits if v.kind in ("baseline", "infusion"))


def look_of(state: str) -> str:
    """The look of a bag's state, as trial/web/status.py knows it."""
    return _LOOKS.get(State(state), looks.Status.MISSED).value


@dataclass(frozen=True, slots=True)
class BagRow:
    """A bag as lists show it."""

    bag: Bag
    expired: bool
    soon: bool

    @property
    def look(self) -> str:
        return look_of(self.bag.state)

    @property
    def word(self) -> object:
        """Its state in words."""
        return STATE_NAMES[State(self.bag.state)]

    @property
    def usable(self) -> bool:
        """Whether its expiry and its storage still matter."""
        return State(self.bag.state) in custody.ON_THE_WAY


def rows_of(bags: QuerySet[Bag] | list[Bag], now: datetime) -> list[BagRow]:
    """Bags with how their expiry lies at `now`."""
    return [BagRow(one, one.expires_at < now, now <= one.expires_at < now + SOON) for one in bags]


def stock(user: AnyUser) -> BagQuerySet:
    """The bags of the sites whose product a user may see."""
    return Bag.objects.visible_to(user).select_related("site", "reserved_for", "visit")


def in_order(bags: BagQuerySet) -> BagQuerySet:
    """Those that are still there first, each part by expiry: what is used next, on top."""
    gone = Case(When(state__in=sorted(custody.ENDS), then=1), default=0)
    return bags.order_by(gone, "expires_at", "number")


def expiring(bags: BagQuerySet, now: datetime) -> BagQuerySet:
    """Those that could still be used and expire soon, or have expired."""
    return bags.filter(state__in=USABLE, expires_at__lt=now + SOON)


def counts_of(bags: BagQuerySet, now: datetime) -> Mapping[str, int]:
    """How many lie in stock, are reserved, expire soon. One statement; nothing by content."""
    soon = Q(state__in=USABLE, expires_at__lt=now + SOON)
    return bags.order_by().aggregate(
        received=Count("pk", filter=Q(state=State.RECEIVED)),
        reserved=Count("pk", filter=Q(state__in=[State.RESERVED, State.ISSUED, State.VERIFIED])),
        soon=Count("pk", filter=soon),
        blocked=Count("pk", filter=Q(excursion_open=True, state__in=USABLE)),
    )


def shipments_on_the_way(user: AnyUser) -> QuerySet[Shipment]:
    """Shipments with bags that a site has still to receive, each with their number `waiting`."""
    bags = Bag.objects.visible_to(user).filter(state=State.SHIPPED)
    found = Shipment.objects.filter(bags__in=bags).select_related("site")
    return found.annotate(waiting=Count("bags")).order_by("number")


def shipment_of(user: AnyUser, number: int) -> Shipment | None:
    """The shipment of this number, if the user may see its site's product."""
    return shipments_of(user).filter(number=number).first()


def shipments_of(user: AnyUser) -> QuerySet[Shipment]:
    """All shipments to the sites whose product a user may see."""
    mine = Bag.objects.visible_to(user).values("shipment")
    return Shipment.objects.filter(pk__in=mine).select_related("site")


def ledger(bag: Bag) -> list[BagMovement]:
    """Every movement of a bag, oldest first."""
    return list(bag.movements.select_related("participant", "visit", "site"))


# --- what can be done ---------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Possible:
    """One act on a bag, and why it is not possible now; None if it is."""

    event: Event
    why: Why | None


def possible(bag: Bag, at: datetime | None = None) -> list[Possible]:
    """The acts that the bag's state knows, each judged as far as it can be before it is done.

    Whoever confirms, and the participant at the bed, are judged when they are named.
    """
    known = known_of(bag)
    found = []
    for event in ACTS:
        if (known.state, event) not in custody.STEPS:
            continue
        happening = Happening(
            event, at or timezone.now(), bag.site_id, bag.reserved_for_id, by=1, second=2
        )
        decision = custody.decide(known, happening)
        found.append(Possible(event, decision.why if isinstance(decision, Refusal) else None))
    return found


def known_of(bag: Bag) -> custody.Bag:
    """A bag as the rules know it."""
    return custody.Bag(
        state=State(bag.state),
        expires_at=bag.expires_at,
        site_id=bag.site_id,
        reserved_for=bag.reserved_for_id,
        excursion_open=bag.excursion_open,
    )


# --- a participant's product ---------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Product:
    """A participant's bags, newest first, and the next infusion with the bags for it; None of one
    visit at which a bag was given, or that was missed.

    `may_reserve`: this user could reserve bags for the next infusion, and none are.
    """

    bags: list[BagRow]
    next: Visit | None
    ready: list[BagRow]
    may_handle: bool
    may_reserve: bool
    may_record: bool


def gives_product(visit: Visit) -> bool:
    """Whether product is given at this visit."""
    return visit.code in infusion_codes(registry.get(visit.protocol_version))


def product_of(
    user: AnyUser, participant: Participant, visit: Visit | None = None
) -> Product | None:
    """What a participant's pages show of the product; of one visit only with `visit`.

    Two statements; None for whoever may not see the product.
    """
    site = participant.site_id
    if not can(user, Permission.PRODUCT_VIEW, site):
        return None
    held = Bag.objects.filter(reserved_for=participant).select_related("visit", "site")
    rows = rows_of(list(held.order_by("-visit__position", "-pk")), timezone.now())
    following = visit or next_infusion(participant)
    mine = [r for r in rows if following is not None and r.bag.visit_id == following.pk]
    handle = bool(can(user, Permission.PRODUCT_HANDLE, site))
    # What was reserved at randomisation is the first infusion's; a site asks for the later ones.
    missed = following is not None and following.status == Status.MISSED
    asked = following is not None and not missed and bool(rows)
    live = [row for row in mine if State(row.bag.state) not in custody.ENDS]
    done = any(row.bag.state == State.INFUSED for row in mine)
    return Product(
        bags=mine if visit is not None else rows,
        next=None if done or missed else following,
        ready=live,
        may_handle=handle,
        may_reserve=handle and asked and not live and not done,
        may_record=bool(can(user, Permission.REPORT_VIEW, site)),
    )


def next_infusion(participant: Participant) -> Visit | None:
    """The first infusion visit at which no bag was given and that was not missed."""
    given = Bag.objects.filter(state=State.INFUSED, reserved_for=participant).values("visit")
    visits = participant.visits.filter(number=0).exclude(status=Status.MISSED)
    open_ones = visits.exclude(pk__in=given).order_by("position")
    return next((visit for visit in open_ones if gives_product(visit)), None)
