"""Alerts to those who watch over access: a row at once, a mail after it (R-38).

The sweeper sends the mail, twice a minute: a mail server that does not answer keeps nobody from
signing in, and what could not be sent is sent in a later round.
"""

import logging
from collections.abc import Mapping

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone

from trial.access.models import AlertKind, MailState, SecurityAlert
from trial.audit.context import Actor, transaction

logger = logging.getLogger("trial.access.alerts")
BATCH = 20
BY = Actor.system("alerts")


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


def acknowledge(*, alert: SecurityAlert, note: str, by: Actor) -> None:
    """Somebody has looked at it, and says what was found. One already seen stays as it is."""
    with transaction(by=by, reason=note):
        alert = SecurityAlert.objects.select_for_update().get(pk=alert.pk)
        if alert.seen_at is not None:
            return
        alert.seen_at, alert.seen_by, alert.note = timezone.now(), by.name, note
        alert.save(update_fields=["seen_at", "seen_by", "note"])


def send_waiting() -> int:
    """Send the mails that wait. Returns how many went out; a failure is logged and tried again.

    A mail may go out twice, if the process dies between sending and writing it down; it then
    carries the same Message-ID.
    """
    sent = 0
    for alert in SecurityAlert.objects.filter(mail=MailState.WAITING).order_by("id")[:BATCH]:
        try:
            _message(alert).send()
        except Exception:
            logger.exception("the security mail could not be sent; it will be tried again")
            return sent
        with transaction(by=BY):
            SecurityAlert.objects.filter(pk=alert.pk).update(mail=MailState.SENT)
        sent += 1
    return sent


def _message(alert: SecurityAlert) -> EmailMessage:
    lines = [
        f"{AlertKind(alert.kind).label}.",
        f"User name: {alert.username or '-'}",
        f"Address: {alert.address or '-'}",
        f"Time: {alert.created_at.isoformat(timespec='seconds')}",
        *(f"{name}: {value}" for name, value in alert.details.items()),
        "Look at it under Security alerts.",
    ]
    host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">") or "localhost"
    return EmailMessage(
        subject=f"[{settings.STUDY_NAME}] {AlertKind(alert.kind).label}",
        body="\n".join(lines),
        to=list(settings.SECURITY_MAIL),
        headers={"Message-ID": f"<security-alert-{alert.pk}@{host}>"},
    )
