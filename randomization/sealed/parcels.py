"""Reading about shipments: what everybody sees of them, and beside it what is in the bags."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Max, Min, Q, QuerySet

from randomization.labels import Label
from randomization.sealed.models import BagContent, Lot
from trial.access.policy import AnyUser, sites_for
from trial.access.roles import Permission
from visits.bag_numbers import shown
from visits.custody import State
from visits.models import Bag, Excursion, Shipment


def shipments(user: AnyUser) -> QuerySet[Shipment]:
    """The shipments to sites for which the user prepares product, newest first, with counts."""
    scope = sites_for(user, Permission.SEALED_PRODUCT)
    rows = Shipment.objects.select_related("site").order_by("-number")
    return rows if scope.everywhere else rows.filter(site__in=scope.ids)


def counted(rows: QuerySet[Shipment]) -> QuerySet[Shipment]:
    """With the number of bags, of those not yet shipped, and of those with an open excursion."""
    return rows.annotate(
        bag_count=Count("bags"),
        waiting=Count("bags", filter=Q(bags__state=State.RELEASED)),
        outside=Count("bags", filter=Q(bags__excursion_open=True)),
    )


def contents(bags: Iterable[Bag]) -> dict[int, Lot]:
    """What is in the bags, by bag."""
    rows = BagContent.objects.filter(bag_id__in=[bag.pk for bag in bags]).select_related("lot")
    return {row.bag_id: row.lot for row in rows}


@dataclass(frozen=True, slots=True)
class Episode:
    """One excursion of a shipment: the same for each of its `bags` bags."""

    began_at: datetime
    ended_at: datetime
    lowest: Decimal
    highest: Decimal
    source: str
    bags: int
    verdict: str
    ground: str
    judged_at: datetime | None
    judged_by: str | None

    @property
    def verdict_name(self) -> str:
        """The judgement in words; "" while there is none."""
        return str(Excursion.Verdict(self.verdict).label) if self.verdict else ""

    @property
    def ground_name(self) -> str:
        """Why it was judged so."""
        return Excursion(note=self.ground).ground_name


def episodes(shipment: Shipment) -> list[Episode]:
    """The excursions of a shipment, oldest first."""
    rows = (
        Excursion.objects.filter(bag__shipment=shipment)
        .values("began_at", "source")
        .annotate(
            ended_at=Max("ended_at"), lowest=Min("lowest"), highest=Max("highest"),
            bags=Count("id"), verdict=Max("verdict"), ground=Max("note"),
            judged_at=Max("judged_at"), judged_by=Max("judged_by"),
        )
        .order_by("began_at", "source")
    )  # fmt: skip
    return [Episode(**row) for row in rows]


def labels(shipment: Shipment) -> list[Label]:
    """The labels of a shipment in the order of its bags. What is in them is not asked."""
    rows = shipment.bags.order_by("position").values_list("number", flat=True)
    return [
        Label(
            number=shown(number),
            code=number,
            shipment=str(shipment),
            site=shipment.site.code,
            expires=f"{shipment.expires_at.astimezone(shipment.site.zone):%Y-%m-%d %H:%M}",
            volume=f"{shipment.volume_ml:.1f} mL",
            claim=f"{shipment.cells:.1f} × 10^6 cells",
            storage=f"{shipment.storage_low:.1f} to {shipment.storage_high:.1f} °C",
        )
        for number in rows
    ]
