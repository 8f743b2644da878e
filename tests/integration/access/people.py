"""Signing in as a browser does, and the codes that an authenticator app would show."""

import time

from allauth.mfa.totp.internal import auth as totp
from django.test import Client
from django.urls import reverse

from tests.factories import study
from trial.access import factors
from trial.audit.context import Actor, transaction

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def browser(
    user, password=study.PASSWORD, *, agent="Mozilla/5.0 Firefox/140.0", address="192.0.2.1"
):
    """A client that has sent user name and password, from this browser and address."""
    client = Client(headers={"user-agent": agent}, REMOTE_ADDR=address)
    client.post(reverse("account_login"), {"login": user.username, "password": password})
    return client


def signed_in(client) -> bool:
    return client.get(reverse("security:overview")).status_code == 200


def code(at: float | None = None) -> str:
    """What the app shows now."""
    counter = int(time.time() if at is None else at) // factors.PERIOD
    return totp.format_hotp_value(totp.hotp_value(SECRET, counter))


def give_app(user) -> None:
    """An authenticator app, added in the period before this one: the present code is unused."""
    by = Actor.of(user)
    factors.add_app(user=user, secret=SECRET, code=code(time.time() - factors.PERIOD), by=by)


def acting():
    """A transaction of the test's own, for states that no service makes."""
    return transaction(by=study.SETUP)
