"""The demo study's calendar: what happened months ago is recorded as of then.

Services take the time of an act from the clock and let nobody choose it; nor should they, for the
sake of a simulation. So the loader, a process of its own with nobody else in it, sets the clock.
What the database itself dates (the trail, the seals) keeps the day of the load.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from unittest import mock
from zoneinfo import ZoneInfo

from django.utils import timezone

DAY = timedelta(days=1)


@contextmanager
def clock_at(moment: datetime) -> Iterator[None]:
    """Within the block it is `moment`, for everything that asks django.utils.timezone."""
    with mock.patch.object(timezone, "now", return_value=moment):
        yield


def local(on: date, at: time, zone: ZoneInfo) -> datetime:
    """A time of day at a site."""
    return datetime.combine(on, at, tzinfo=zone)
