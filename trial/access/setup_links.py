"""Set-up links: how a user gets a first password, and a new one when it is forgotten (F-117).

An administrator issues one and hands it over; nobody can ask for one from outside, so there is
nothing by which to find out who has an account (F-116).
"""

import secrets
from datetime import timedelta

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from trial.access.authentication import digest
from trial.access.exceptions import Refused
from trial.access.models import LinkEnd, SetupLink, User
from trial.access.passwords import set_password
from trial.audit import events
from trial.audit.context import Actor, transaction


def issue_setup_link(*, user: User, by: Actor, reason: str) -> str:
    """A path below the site's address at which `user` sets a password: once, within an hour.

    An earlier open link of the user ends. The path is returned once and never kept; it names no
    host, so no header can lead it elsewhere. Raises Refused for an inactive user, or for oneself.
    """
    if user.pk == by.id:
        raise Refused({"": [_("You can't issue a link for your own account.")]})
    key = secrets.token_urlsafe(32)
    with transaction(by=by, reason=reason):
        user = User.objects.select_for_update().get(pk=user.pk)
        if not user.is_active:
            raise Refused({"": [_("The account is deactivated.")]})
        _close_open(user, LinkEnd.REPLACED, by)
        link = SetupLink.objects.create(
            user=user,
            digest=digest(key),
            created_by=by.name,
            expires_at=timezone.now() + timedelta(seconds=settings.SETUP_LINK_SECONDS),
        )
        _tell(events.Act.SETUP_LINK_ISSUED, link, by, reason)
    return reverse("security:setup", kwargs={"key": key})


def withdraw_setup_link(*, user: User, by: Actor, reason: str) -> None:
    """End the open link of an account that is closed: it stays dead if the account opens again."""
    with transaction(by=by, reason=reason):
        _close_open(user, LinkEnd.WITHDRAWN, by)


def holder_of(key: str) -> User | None:
    """The user whose password `key` sets; None for every key that sets none, whatever the cause."""
    link = _open_link(key)
    return link.user if link else None


def use_setup_link(*, key: str, password: str) -> bool:
    """Set the password with a link, and close it. False if `key` opens nothing.

    All sessions and tokens of the user end. Raises Refused for a password that is no good; the
    link then stays open.
    """
    user = holder_of(key)
    if user is None:
        return False
    by = Actor.of(user)
    with transaction(by=by):
        # The same link twice at once: the second one waits, and then finds it closed.
        User.objects.select_for_update().get(pk=user.pk)
        link = _open_link(key)
        if link is None:
            return False
        set_password(user=user, password=password, by=by)
        _close(link, LinkEnd.USED, by)
        _tell(events.Act.SETUP_LINK_USED, link, by)
    return True


def _open_link(key: str) -> SetupLink | None:
    return (
        SetupLink.objects.select_related("user")
        .filter(
            digest=digest(key), ended_at=None, expires_at__gt=timezone.now(), user__is_active=True
        )
        .first()
    )


def _close_open(user: User, end: LinkEnd, by: Actor) -> None:
    for link in SetupLink.objects.filter(user=user, ended_at=None):
        _close(link, end, by)


def _close(link: SetupLink, end: LinkEnd, by: Actor) -> None:
    link.end, link.ended_at, link.ended_by = end, timezone.now(), by.name
    link.save(update_fields=["end", "ended_at", "ended_by"])


def _tell(act: events.Act, link: SetupLink, by: Actor, reason: str = "") -> None:
    details = {"user": link.user.username, "reason": reason}
    events.record(act, by=by, record=f"access_setuplink:{link.pk}", details=details)
