"""What failed sign-ins lead to: a pause of the user at that address, and alerts (R-38, F-115).

The pause is django-axes' own. Tries spread over many addresses pause nobody, or anybody could
keep a coordinator out; they are told to the administrators.
"""

from datetime import timedelta
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from django.http import HttpRequest
from django.utils import timezone

from trial.access.adapter import attempted_username
from trial.access.alerts import raise_alert
from trial.access.clients import address_of
from trial.access.models import AlertKind, FailedSignIn, SecurityAlert
from trial.audit import events
from trial.audit.context import Actor, transaction

SPRAY_LIMIT = 20
SPRAY_WINDOW = timedelta(hours=1)
KEPT = timedelta(days=1)
BY = Actor.system("sign-in")


class Handler(AxesDatabaseHandler):
    """django-axes' counting, and what follows from it."""

    def user_login_failed(
        self, sender: Any, credentials: dict[str, Any], request: Any = None, **kwargs: Any
    ) -> None:
        paused_before = getattr(request, "axes_locked_out", False)
        super().user_login_failed(sender, credentials, request=request, **kwargs)
        if request is None or paused_before:
            return
        username, address = attempted_username(request, credentials), address_of(request)
        if getattr(request, "axes_locked_out", False):
            note_pause(request=request, username=username, address=address)
        note_failure(username=username, address=address)


def note_pause(*, request: HttpRequest, username: str, address: str) -> None:
    """A user name has just been paused at an address: an event and an alert."""
    details = {"username": username, "address": address}
    with transaction(by=BY):
        events.record(events.Act.SIGN_IN_LOCKED, by=BY, details=details)
        raise_alert(kind=AlertKind.SIGN_IN_LOCKED, username=username, address=address, by=BY)


def note_failure(*, username: str, address: str) -> None:
    """Count a failure whatever its address; many within an hour raise one alert."""
    now = timezone.now()
    with transaction(by=BY):
        FailedSignIn.objects.filter(at__lt=now - KEPT).delete()
        FailedSignIn.objects.create(username=username, address=address)
        recent = FailedSignIn.objects.filter(username=username, at__gt=now - SPRAY_WINDOW)
        count = recent.count()
        if count < SPRAY_LIMIT or _was_told(username, now - SPRAY_WINDOW):
            return
        addresses = recent.values("address").distinct().count()
        raise_alert(
            kind=AlertKind.SPRAY,
            username=username,
            details={"failures": count, "addresses": addresses},
            by=BY,
        )


def _was_told(username: str, since: Any) -> bool:
    told = SecurityAlert.objects.filter(kind=AlertKind.SPRAY, username=username)
    return told.filter(created_at__gt=since).exists()
