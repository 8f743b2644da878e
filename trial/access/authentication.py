"""API tokens: `Authorization: Token <key>`."""

import hashlib
from datetime import timedelta

from django.db import connection
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from trial.access.clients import address_of, lies_in
from trial.access.models import ApiToken, User

_REFUSED = "The token is not valid."
USE_NOTED_EVERY = timedelta(hours=1)


def digest(key: str) -> str:
    """SHA-256 of a token; keys are 256 random bits, so no salt is needed."""
    return hashlib.sha256(key.encode()).hexdigest()


class TokenAuthentication(BaseAuthentication):
    """One answer for every bad token: unknown, expired, revoked, empty, of an inactive user,
    from a network that it is not meant for (F-118)."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        if "HTTP_AUTHORIZATION" not in request.META:
            return None
        scheme, _, key = get_authorization_header(request).strip().partition(b" ")
        if scheme.lower() != b"token" or not key.strip():
            raise AuthenticationFailed(_REFUSED)
        token = standing(key.strip())
        address = address_of(request)
        if token is None or not token.user.is_active or not lies_in(address, token.networks):
            raise AuthenticationFailed(_REFUSED)
        note_use(token, address)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Token"


def standing(key: bytes) -> ApiToken | None:
    """The token with this key, if it has neither been revoked nor expired."""
    try:
        hashed = digest(key.decode("ascii"))
    except UnicodeDecodeError:
        return None
    return (
        ApiToken.objects.select_related("user")
        .filter(digest=hashed, revoked_at=None, expires_at__gt=timezone.now())
        .first()
    )


def note_use(token: ApiToken, address: str) -> None:
    """Write down that a token is in use: once an hour, so that a read stays a read."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            # Nothing is written, nor locked, where the last use is noted already.
            "insert into access_tokenuse (token_id, last_used, address) select %s, %s, %s"
            " where not exists (select from access_tokenuse u"
            " where u.token_id = %s and u.last_used > %s)"
            " on conflict (token_id) do update"
            " set last_used = excluded.last_used, address = excluded.address",
            [token.pk, now, address, token.pk, now - USE_NOTED_EVERY],
        )
