"""Making users, sites, roles and tokens."""

import ipaddress
import secrets
from collections.abc import Sequence
from datetime import date, timedelta

from django.contrib.auth.hashers import make_password
from django.utils import timezone
from django.utils.translation import gettext as _

from trial.access import passwords
from trial.access.authentication import digest
from trial.access.endings import end_access
from trial.access.exceptions import Refused
from trial.access.models import (
    ApiToken,
    Membership,
    Site,
    SiteProtocol,
    TokenScope,
    User,
)
from trial.access.roles import Role
from trial.audit import events
from trial.audit.context import Actor, transaction

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

    A password that another person has chosen must be changed at the first sign-in (R-39).
    """
    with transaction(by=by):
        user = User.objects.create(
            username=User.normalize_username(username),
            full_name=full_name,
            email=email,
            language=language,
            password=make_password(password),
            must_change_password=password is not None and by.id is not None,
        )
        if password is not None:
            passwords.remember(user=user, by=by)
        return user


def create_site(
    *,
    code: str,
    name: str,
    name_zh: str,
    timezone: str,
    opened_on: date,
    protocol: str,
    by: Actor,
    planned: int = 25,
) -> Site:
    """A new site, working under protocol version `protocol` from its opening day."""
    with transaction(by=by):
        site = Site.objects.create(
            code=code,
            name=name,
            name_zh=name_zh,
            timezone=timezone,
            opened_on=opened_on,
            planned_participants=planned,
        )
        SiteProtocol.objects.create(site=site, version=protocol, effective_from=opened_on)
        return site


def adopt_protocol(
    *, site: Site, version: str, effective_from: date, by: Actor, reason: str
) -> None:
    """From `effective_from` on, `version` holds at `site` (its ethics committee has approved)."""
    with transaction(by=by, reason=reason):
        SiteProtocol.objects.create(site=site, version=version, effective_from=effective_from)


def grant_role(*, user: User, role: Role, site: Site | None, by: Actor) -> Membership:
    """Give `user` a role at `site`, or at all sites."""
    with transaction(by=by):
        return Membership.objects.create(user=user, role=role, site=site, granted_by=by.name)


def end_role(*, membership: Membership, by: Actor, reason: str) -> None:
    """Take a role away; the row stays as evidence. Sessions and tokens of the user end (R-34)."""
    with transaction(by=by, reason=reason):
        membership.ended_at = timezone.now()
        membership.ended_by = by.name
        membership.save(update_fields=["ended_at", "ended_by"])
        end_access(user=membership.user, by=by, reason=reason)


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
