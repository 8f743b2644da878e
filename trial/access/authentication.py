"""API tokens: `Authorization: Token <key>`."""

import hashlib

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from trial.access.models import ApiToken, User

_REFUSED = "The token is not valid."


def digest(key: str) -> str:
    """SHA-256 of a token; keys are 256 random bits, so no salt is needed."""
    return hashlib.sha256(key.encode()).hexdigest()


class TokenAuthentication(BaseAuthentication):
    """One answer for every bad token: unknown, expired, revoked, empty, of an inactive user."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        header = get_authorization_header(request)
        scheme, _, key = header.partition(b" ")
        if not scheme:
            return None
        if scheme.lower() != b"token" or not key.strip():
            raise AuthenticationFailed(_REFUSED)
        try:
            hashed = digest(key.strip().decode("ascii"))
        except UnicodeDecodeError as error:
            raise AuthenticationFailed(_REFUSED) from error
        token = (
            ApiToken.objects.select_related("user")
            .filter(digest=hashed, revoked_at=None, expires_at__gt=timezone.now())
            .first()
        )
        if token is None or not token.user.is_active:
            raise AuthenticationFailed(_REFUSED)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Token"
