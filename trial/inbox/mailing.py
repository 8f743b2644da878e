"""Items that are told by mail as well. The sweeper sends them: nothing waits for a mail server.

The mail says that there is something to read, never what a blinded person must not know.
"""

import logging

from django.conf import settings
from django.core.mail import EmailMessage

from trial.access.models import Membership
from trial.audit.context import Actor, transaction
from trial.inbox.models import Item, MailState

logger = logging.getLogger(__name__)
BATCH = 20
BY = Actor.system("inbox")
SUBJECTS = {
    "unblinding": "Unblinding of participant",
    "safety_case": "Serious adverse event or pregnancy of participant",
    "safety_clock": "Safety report due about participant",
    "safety_withdrawn": "Reported event not serious any more, participant",
}


def send_waiting() -> int:
    """Send the mails that wait. Returns how many went out; what fails is tried in a later round.

    A mail may go twice if the process dies between sending and writing it down; it then carries
    the same Message-ID. An item whose readers have no address counts as told.
    """
    sent = 0
    waiting = Item.objects.filter(mail=MailState.WAITING).select_related("site").order_by("id")
    for item in waiting[:BATCH]:
        readers = _readers(item)
        try:
            if readers:
                _message(item, readers).send()
        except OSError as error:
            logger.warning("the mail about an inbox item could not be sent: %s", error)
            return sent
        with transaction(by=BY):
            Item.objects.filter(pk=item.pk).update(mail=MailState.SENT)
        sent += bool(readers)
    return sent


def _readers(item: Item) -> list[str]:
    held = Membership.objects.filter(role=item.role, ended_at=None, user__is_active=True)
    here = held.filter(site=None) | held.filter(site=item.site)
    addresses = here.exclude(user__email="").values_list("user__email", flat=True)
    return sorted(set(addresses))


def _message(item: Item, readers: list[str]) -> EmailMessage:
    subject = f"{SUBJECTS.get(item.kind, item.kind)} {item.participant_code}"
    lines = [
        f"{subject}.",
        f"Site: {item.site.code}",
        f"Time: {item.created_at.isoformat(timespec='seconds')}",
        "No arm is in this message. Look at it in your inbox.",
    ]
    return EmailMessage(
        subject=f"[{settings.STUDY_NAME}] {subject}",
        body="\n".join(lines),
        to=readers,
        headers={"Message-ID": f"<inbox-{item.pk}@{settings.MAIL_DOMAIN}>"},
    )
