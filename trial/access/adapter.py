"""Accounts are made by an administrator: nobody signs up. Signing in and out is kept in the trail.

And whom a failed sign-in counts against.
"""

from collections.abc import Mapping
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from trial.access import passwords
from trial.access.clients import address_of
from trial.access.confirmation import bind
from trial.access.models import User
from trial.audit import events
from trial.audit.context import Actor

USERNAME_LENGTH = 150


class ClosedSignUp(DefaultAccountAdapter):
    """allauth's adapter with sign-up closed, and an event for every way in and out (R-08)."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """To a deactivated account the right password is a wrong one (F-116)."""
        user = super().authenticate(request, **credentials)
        if not isinstance(user, User):
            return None
        if user.is_active:
            return user
        self.authentication_failed(request, **credentials)
        return None

    def login(self, request: HttpRequest, user: User) -> None:
        by = Actor.of(user)
        passwords.expire(user=user, by=by)
        super().login(request, user)
        bind(request)
        self._keep(events.Act.SIGNED_IN, request, by)

    def logout(self, request: HttpRequest) -> None:
        if isinstance(request.user, User):
            self._keep(events.Act.SIGNED_OUT, request, Actor.of(request.user))
        super().logout(request)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        tried = {"username": attempted_username(request, credentials)}
        self._keep(events.Act.SIGN_IN_FAILED, request, Actor.system("sign-in"), **tried)

    def _keep(self, act: events.Act, request: HttpRequest, by: Actor, **details: str) -> None:
        details["address"] = address_of(request)
        events.record(act, by=by, details=details)


def attempted_username(request: HttpRequest, credentials: Mapping[str, str] | None) -> str:
    """The user name a sign-in is tried with, as django-axes counts it.

    allauth calls it "login" in the form and "username" in the credentials; without one name for
    both, nobody would be locked out by name and everybody by address. Letter case does not make
    another user, so it does not make another count.
    """
    given = (credentials or {}).get("username") or request.POST.get("login", "")
    return str(given).replace("\x00", "").strip().lower()[:USERNAME_LENGTH]
