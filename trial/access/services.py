"""Making users, sites, roles and tokens."""

import secrets
from datetime import date, timedelta

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from trial.access.authentication import digest
from trial.access.models import ApiToken, Membership, Site, SiteProtocol, User
from trial.access.roles import Role
from trial.audit import events
from trial.audit.context import Actor, transaction

TOKEN_DAYS = 90


def create_user(
    *,
    username: str,
    full_name: str,
    password: str | None,
    by: Actor,
    email: str = "",
    language: str = "en",
) -> User:
    """A new account; without a password it can't sign in until one is set."""
    with transaction(by=by):
        return User.objects.create(
            username=User.normalize_username(username),
            full_name=full_name,
            email=email,
            language=language,
            password=make_password(password),
        )


def change_password(*, user: User, password: str, by: Actor) -> None:
    """Set a new password, and say in the trail that it was set (R-08)."""
    with transaction(by=by):
        user.password = make_password(password)
        user.save(update_fields=["password"])
        events.record(events.Act.PASSWORD_CHANGED, by=by, record=f"access_user:{user.pk}")


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
    """Take a role away; the row stays as evidence."""
    with transaction(by=by, reason=reason):
        membership.ended_at = timezone.now()
        membership.ended_by = by.name
        membership.save(update_fields=["ended_at", "ended_by"])


def issue_token(*, user: User, by: Actor, days: int = TOKEN_DAYS) -> str:
    """A new API token of `user`, valid for `days`. The key is returned once and never kept."""
    key = secrets.token_urlsafe(32)
    with transaction(by=by):
        token = ApiToken.objects.create(
            user=user,
            prefix=key[:8],
            digest=digest(key),
            expires_at=timezone.now() + timedelta(days=days),
        )
        events.record(
            events.Act.TOKEN_ISSUED,
            by=by,
            record=f"access_apitoken:{token.pk}",
            details={"user": user.username, "prefix": token.prefix},
        )
    return key


def revoke_token(*, token: ApiToken, by: Actor) -> None:
    """End a token at once."""
    with transaction(by=by):
        token.revoked_at = timezone.now()
        token.revoked_by = by.name
        token.save(update_fields=["revoked_at", "revoked_by"])
        events.record(events.Act.TOKEN_REVOKED, by=by, record=f"access_apitoken:{token.pk}")
