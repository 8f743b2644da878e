"""Alerts to those who watch over access: a row at once, a mail after it (R-38)."""

from collections.abc import Mapping

from django.conf import settings

from trial.access.security import AlertKind, MailState, SecurityAlert
from trial.audit.context import Actor, transaction


def raise_alert(
    *,
    kind: AlertKind,
    username: str,
    by: Actor,
    address: str = "",
    details: Mapping[str, object] | None = None,
) -> SecurityAlert:
    """Put an alert before the administrators, and a mail on its way if an address is set."""
    with transaction(by=by):
        return SecurityAlert.objects.create(
            kind=kind,
            username=username,
            address=address,
            details=dict(details or {}),
            mail=MailState.WAITING if settings.SECURITY_MAIL else MailState.NONE,
        )
