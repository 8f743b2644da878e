"""A randomisation as sent and answered over REST; an arm is nowhere in it."""

from typing import Any

from rest_framework import serializers

from patients.serializers import CodeField
from randomization.models import Allocation
from trial.web.rest import PlainText, StrictSerializer
from visits.models import Bag, Visit


class AllocationIn(StrictSerializer):
    """Whom to randomise, and the investigator's signature: user name and password."""

    participant = CodeField(max_length=20)
    username = PlainText(max_length=60)
    password = PlainText(max_length=200)


class DatesOut(serializers.Serializer[Any]):
    """A visit with its window, all days at the site."""

    visit = serializers.CharField()
    target_on = serializers.DateField()
    opens_on = serializers.DateField()
    closes_on = serializers.DateField()


class AllocationOut(serializers.Serializer[Any]):
    """What a randomisation gives: a number, bags, and when the visits are."""

    participant = serializers.CharField()
    number = serializers.CharField()
    stratum = serializers.CharField()
    factors = serializers.DictField(child=serializers.CharField())
    protocol_version = serializers.CharField()
    allocated_at = serializers.DateTimeField()
    allocated_by = serializers.CharField()
    bags = serializers.ListField(child=serializers.CharField())
    visits = DatesOut(many=True)


def shown_allocation(allocation: Allocation) -> dict[str, Any]:
    """An allocation as it is answered. Two statements."""
    person = allocation.participant
    bags = Bag.objects.filter(reserved_for=person).order_by("shipment", "position")
    dated = Visit.objects.filter(participant=person, target_on__isnull=False).order_by("position")
    found = {
        "participant": person.code,
        "number": allocation.number,
        "stratum": allocation.stratum,
        "factors": allocation.factors,
        "protocol_version": allocation.protocol_version,
        "allocated_at": allocation.allocated_at,
        "allocated_by": allocation.allocated_by,
        "bags": list(bags.values_list("number", flat=True)),
        "visits": [
            {"visit": visit.code, "target_on": visit.target_on, "opens_on": visit.opens_on,
             "closes_on": visit.closes_on}
            for visit in dated
        ],
    }  # fmt: skip
    return dict(AllocationOut(found).data)
