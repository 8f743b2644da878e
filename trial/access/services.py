"""Making users, sites, roles and tokens."""

import secrets
from datetime import timedelta

from django.contrib.auth.hashers import make_password
from django.utils import timezone

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
from trial.access.granting import approve_role, end_role, grant_role, refuse_role, request_role
from trial.access.models import ApiToken, User
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

    Raises Refused for a user name that is, or ever was, somebody's, and for other details that
    can't be (R-28).
    """
    details = checked_details(full_name=full_name, email=email, language=language)
    with transaction(by=by), name_taken_meanwhile():
        user = User.objects.create(
            username=checked_name(username), password=make_password(password), **details
        )
        tell_created(user, by)
        return user


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
