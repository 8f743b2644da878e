"""The daily anchor by mail, to people outside (ANCHOR_MAIL), such as the trial statistician."""

import logging
from datetime import UTC, datetime, time

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone

from trial.audit import anchors, events
from trial.audit.context import Actor
from trial.audit.models import Event
from trial.audit.seal import seal_now

logger = logging.getLogger(__name__)
MAILED = "mail"


def send_if_due() -> bool:
    """Send today's anchor (UTC) unless it is sent or nobody is to get it. Returns whether it went.

    A mail server that does not answer is tried again at the next call. A mail whose sending could
    not be recorded goes twice, with one Message-ID.
    """
    if not settings.ANCHOR_MAIL or _sent_today():
        return False
    seal_now()
    anchor = anchors.make()
    if anchor is None:
        return False
    try:
        _message(anchor).send()
    except OSError as error:
        logger.warning("the anchor could not be mailed: %s", error)
        return False
    details = {"seal": anchor.seal, "root": anchor.root, "to": MAILED}
    events.record(events.Act.ANCHORED, by=Actor.system("anchor"), details=details)
    return True


def _sent_today() -> bool:
    today = datetime.combine(timezone.now().astimezone(UTC).date(), time(), tzinfo=UTC)
    kind = f"act:{events.Act.ANCHORED.value}"
    return Event.objects.filter(kind=kind, at__gte=today, details__to=MAILED).exists()


def _message(anchor: anchors.Anchor) -> EmailMessage:
    day = anchor.made_at[:10]
    return EmailMessage(
        subject=f"{anchor.study}: audit trail sealed up to {anchor.seal} on {day}",
        body=(
            "Keep this message. It shows later that nothing of the audit trail up to this seal\n"
            "was changed or cut off (manage.py verify_audit --anchor FILE).\n\n"
            f"{anchor.text()}\n"
        ),
        to=list(settings.ANCHOR_MAIL),
        headers={"Message-ID": f"<anchor-{day}-{anchor.seal}@{settings.MAIL_DOMAIN}>"},
    )
