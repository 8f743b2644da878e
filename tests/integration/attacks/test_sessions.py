"""F-114 to F-118: sessions, guessing and tokens, where the sign-in of today has them."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import study
from trial.access.models import ApiToken
from trial.access.services import issue_token, revoke_token

LOGIN = "/accounts/login/"


def sign_in(client, password=study.PASSWORD, name="coordinator"):
    return client.post(LOGIN, {"login": name, "password": password})


@pytest.mark.req("F-114")
def test_a_session_that_somebody_planted_is_not_the_one_signed_in_with(cast):
    client = Client()
    client.get(LOGIN)
    client.cookies["session"] = "a" * 32
    assert sign_in(client).status_code == 302
    assert client.cookies["session"].value != "a" * 32
    assert not Session.objects.filter(session_key="a" * 32).exists()


@pytest.mark.req("F-114")
def test_signing_out_ends_the_session_on_the_server(cast):
    client, thief = Client(), Client()
    sign_in(client)
    thief.cookies["session"] = client.cookies["session"].value
    assert thief.get("/").status_code == 200
    client.post("/accounts/logout/")
    assert thief.get("/").status_code == 302


@pytest.mark.req("F-114")
def test_a_new_password_ends_every_other_session(cast):
    client, other = Client(), Client()
    sign_in(client)
    sign_in(other)
    answer = client.post("/accounts/password/", {
        "current": study.PASSWORD, "password": "a long new secret 1",
        "again": "a long new secret 1",
    })  # fmt: skip
    assert answer.status_code == 302
    assert client.get("/").status_code == 200
    assert other.get("/").status_code == 302


@pytest.mark.req("F-114")
def test_the_cookies_are_out_of_reach_of_scripts_and_other_sites(cast):
    client = Client()
    client.get(LOGIN)
    sign_in(client)
    for name in ("session", "csrf"):
        assert client.cookies[name]["httponly"]
        assert client.cookies[name]["samesite"] == "Lax"
    assert settings.SESSION_COOKIE_SECURE is not settings.LOCAL


@pytest.mark.req("F-115")
def test_guessing_is_stopped_and_does_not_lock_out_from_elsewhere(cast):
    """The pause is of a name at an address: another address of the hospital still gets in."""
    for _try in range(settings.AXES_FAILURE_LIMIT):
        sign_in(Client(), "wrong")
    assert sign_in(Client()).status_code == 429
    elsewhere = Client(REMOTE_ADDR="10.9.8.7")
    assert sign_in(elsewhere).status_code == 302


@pytest.mark.req("F-116")
@pytest.mark.parametrize("name", ["nobody", "outsider2", "x@y.example", "coordinator\u200b"])
def test_a_name_that_does_not_exist_is_answered_as_a_wrong_password(cast, name):
    def text(one: str) -> tuple[int, str]:
        answer = sign_in(Client(), "wrong", one)
        return answer.status_code, re.sub(r'(value|nonce)="[^"]*"', "", answer.content.decode())

    assert text(name) == text("coordinator")


@pytest.mark.req("F-118")
@pytest.mark.parametrize(
    "header",
    ["", " ", "Token", "Token ", "Token  \t", "Token null", "Token undefined", "token a b",
     "Bearer x", "Basic Og==", "Token \u00e9", "Token " + "a" * 5000, "Token '' OR 1=1"],
)  # fmt: skip
def test_what_is_no_token_opens_nothing(cast, header):
    answer = Client().get(reverse("api:sites-list"), headers={"Authorization": header})
    assert answer.status_code == 401


@pytest.mark.req("F-118")
def test_a_token_in_an_address_or_a_cookie_opens_nothing(cast):
    key = issue_token(user=cast.sponsor, by=study.SETUP)
    client = Client()
    client.cookies["Authorization"] = f"Token {key}"
    for name in ("token", "auth_token", "access_token", "api_key"):
        assert client.get(reverse("api:sites-list"), {name: key}).status_code == 401


@pytest.mark.req("F-118")
def test_a_token_ends_when_it_is_due_revoked_or_its_user_leaves(cast, time_machine):
    def status(key: str) -> int:
        headers = {"Authorization": f"Token {key}"}
        return Client().get(reverse("api:sites-list"), headers=headers).status_code

    revoked, dated = (issue_token(user=cast.sponsor, by=study.SETUP, days=n) for n in (90, 5))
    assert (status(revoked), status(dated)) == (200, 200)
    revoke_token(token=ApiToken.objects.get(prefix=revoked[:8]), by=study.SETUP)
    assert (status(revoked), status(dated)) == (401, 200)
    time_machine.move_to(timezone.now() + timedelta(days=6))
    assert status(dated) == 401


@pytest.mark.req("F-118")
def test_a_token_of_one_who_reads_writes_nothing(cast):
    key = issue_token(user=cast.sponsor, by=study.SETUP)
    for name in ("api:lab-panels-list", "api:lab-imports-list"):
        answer = Client().post(
            reverse(name), "{}", content_type="application/json",
            headers={"Authorization": f"Token {key}", "Idempotency-Key": "k"},
        )  # fmt: skip
        assert answer.status_code in (403, 415)
