"""The row of a participant's labs: what writers wait at, and what says that they changed."""

from collections.abc import Iterable

from django.db.models import F
from django.utils import timezone

from labs.models import Series


def lock_series(participant_id: int) -> Series:
    """Lock the participant's labs until the transaction ends, making the row if need be."""
    locked = Series.objects.select_for_update().filter(participant=participant_id)
    found = locked.first()
    if found is None:
        row = Series(participant_id=participant_id, version=1, changed_at=timezone.now())
        Series.objects.bulk_create([row], ignore_conflicts=True)
        found = locked.get()
    return found


def lock_many(participant_ids: Iterable[int]) -> list[int]:
    """Lock many participants' labs until the transaction ends, always in the same order.

    Rows are made where they lack. Returns the ids of the series. Three statements.
    """
    wanted = sorted(set(participant_ids))
    there = set(
        Series.objects.filter(participant__in=wanted).values_list("participant_id", flat=True)
    )
    now = timezone.now()
    new = [Series(participant_id=each, changed_at=now) for each in wanted if each not in there]
    Series.objects.bulk_create(new, ignore_conflicts=True)
    locked = Series.objects.select_for_update().filter(participant__in=wanted).order_by("pk")
    return list(locked.values_list("pk", flat=True))


def bump(series: Series) -> None:
    """Say that what the evaluation rests on has changed."""
    Series.objects.filter(pk=series.pk).update(version=F("version") + 1, changed_at=timezone.now())
