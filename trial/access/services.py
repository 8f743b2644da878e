"""Making users, sites, roles and tokens."""

import ipaddress
import secrets
from collections.abc import Sequence
from datetime import timedelta

from django.contrib.auth.hashers import make_password
from django.utils import timezone
from django.utils.translation import gettext as _

from trial.access import passwords
from trial.access.accounts import (
    checked_details,
    checked_name,
    deactivate_user,
    edit_user,
    name_taken_meanwhile,
    reactivate_user,
    tell_created,
)
from trial.access.authentication import digest
from trial.access.confirming import confirm_training, record_training
from trial.access.delegating import appoint_principal, delegate, end_delegation
from trial.access.exceptions import Refused
from trial.access.granting import approve_role, end_role, grant_role, refuse_role, request_role
from trial.access.models import ApiToken, TokenScope, User
from trial.access.places import adopt_protocol, create_site, edit_site
from trial.access.reviewing import review_access
from trial.audit import events
from trial.audit.context import Actor, transaction

__all__ = [
    "adopt_protocol",
    "appoint_principal",
    "approve_role",
    "confirm_training",
    "create_site",
    "create_user",
    "deactivate_user",
    "delegate",
    "edit_site",
    "edit_user",
    "end_delegation",
    "end_role",
    "grant_role",
    "issue_token",
    "reactivate_user",
    "record_training",
    "refuse_role",
    "request_role",
    "review_access",
    "revoke_token",
]
TOKEN_DAYS = 90
TOKEN_DAYS_MOST = 366


def create_user(
    *,
    username: str,
    full_name: str,
    password: str | None,
    by: Actor,
    email: str = "",
    language: str = "en",
) -> User:
    """A new account; without a password it can't sign in until one is set.

    A password that another person has chosen must be changed at the first sign-in (R-39). Raises
    Refused for a user name that is, or ever was, somebody's, and for other details that can't be
    (R-28).
    """
    details = checked_details(full_name=full_name, email=email, language=language)
    with transaction(by=by), name_taken_meanwhile():
        user = User.objects.create(
            username=checked_name(username),
            password=make_password(password),
            must_change_password=password is not None and by.id is not None,
            **details,
        )
        if password is not None:
            passwords.remember(user=user, by=by)
        tell_created(user, by)
        return user


def issue_token(
    *,
    user: User,
    by: Actor,
    days: int = TOKEN_DAYS,
    scope: TokenScope = TokenScope.WRITE,
    networks: Sequence[str] = (),
) -> str:
    """A new API token of `user`, valid for `days`. The key is returned once and never kept.

    It is good for `scope` and from `networks` (CIDR; none: from anywhere), within what the roles
    of the user allow (R-37). Raises Refused({"days" or "networks": ...}).
    """
    if not 1 <= days <= TOKEN_DAYS_MOST:
        message = _("A token is valid for 1 to %(most)d days.") % {"most": TOKEN_DAYS_MOST}
        raise Refused({"days": [message]})
    allowed = _checked_networks(networks)
    key = secrets.token_urlsafe(32)
    with transaction(by=by):
        token = ApiToken.objects.create(
            user=user,
            prefix=key[:8],
            digest=digest(key),
            scope=scope,
            networks=allowed,
            expires_at=timezone.now() + timedelta(days=days),
        )
        events.record(
            events.Act.TOKEN_ISSUED,
            by=by,
            record=f"access_apitoken:{token.pk}",
            details={
                "user": user.username,
                "prefix": token.prefix,
                "scope": token.scope,
                "networks": allowed,
            },
        )
    return key


def _checked_networks(networks: Sequence[str]) -> list[str]:
    """The networks as CIDR; an address alone is a network of one."""
    try:
        return [str(ipaddress.ip_network(network.strip())) for network in networks]
    except ValueError as error:
        message = _("“%(text)s” is no network, such as 192.0.2.0/24.")
        bad = next(text for text in networks if not _is_network(text))
        raise Refused({"networks": [message % {"text": bad[:60]}]}) from error


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text.strip())
    except ValueError:
        return False
    return True


def revoke_token(*, token: ApiToken, by: Actor) -> None:
    """End a token at once. One that has ended stays as it is."""
    with transaction(by=by):
        token = ApiToken.objects.select_for_update().get(pk=token.pk)
        if token.revoked_at is not None:
            return
        token.revoked_at = timezone.now()
        token.revoked_by = by.name
        token.save(update_fields=["revoked_at", "revoked_by"])
        events.record(events.Act.TOKEN_REVOKED, by=by, record=f"access_apitoken:{token.pk}")
