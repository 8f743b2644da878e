"""Accounts are made by an administrator: nobody signs up. Whom a failed sign-in counts against."""

from collections.abc import Mapping

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

USERNAME_LENGTH = 150


class ClosedSignUp(DefaultAccountAdapter):
    """allauth's adapter with sign-up closed."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


def attempted_username(request: HttpRequest, credentials: Mapping[str, str] | None) -> str:
    """The user name a sign-in is tried with, as django-axes counts it.

    allauth calls it "login" in the form and "username" in the credentials; without one name for
    both, nobody would be locked out by name and everybody by address. Letter case does not make
    another user, so it does not make another count.
    """
    given = (credentials or {}).get("username") or request.POST.get("login", "")
    return str(given).replace("\x00", "").strip().lower()[:USERNAME_LENGTH]
