"""Whose sessions there are, and how each of them ends."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from tests.factories import study
from tests.integration.access import people
from trial.access import endings
from trial.access.models import ApiToken, Membership, Session
from trial.access.services import end_role, issue_token
from trial.audit.context import Actor, transaction
from trial.audit.models import Event

HOUR = timedelta(hours=1)


def key_of(client) -> str:
    return client.cookies["session"].value


@pytest.mark.req("F-114")
def test_the_key_changes_at_sign_in(cast, client):
    client.get(reverse("account_login"))
    client.get(reverse("security:setup", args=["k"]))  # a session before signing in
    before = key_of(client)
    client.post(reverse("account_login"), {"login": "monitor", "password": study.PASSWORD})
    assert key_of(client) != before
    assert not Session.objects.filter(session_key=before).exists()


@pytest.mark.req("F-114")
def test_the_key_changes_when_the_password_is_confirmed(cast):
    client = people.browser(cast.monitor)
    before = key_of(client)
    client.post(reverse("account_reauthenticate"), {"password": study.PASSWORD})
    assert key_of(client) != before
    assert not Session.objects.filter(session_key=before).exists()
    assert people.signed_in(client)


@pytest.mark.req("F-114")
def test_signing_out_ends_the_session_on_the_server(cast):
    client = people.browser(cast.monitor)
    key = key_of(client)
    client.post(reverse("account_logout"))
    client.cookies["session"] = key
    assert not people.signed_in(client)


@pytest.mark.req("R-39")
def test_after_a_working_day_the_session_ends_however_busy(cast, time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    client = people.browser(cast.monitor)
    for _half_hour in range(24):
        time_machine.shift(HOUR / 2 - timedelta(seconds=30))
        assert people.signed_in(client)
    time_machine.shift(timedelta(minutes=12))
    assert not people.signed_in(client)


@pytest.mark.req("R-39")
def test_a_new_key_does_not_make_the_session_younger(cast, time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    client = people.browser(cast.monitor)
    for _half_hour in range(23):
        time_machine.shift(HOUR / 2)
        client.post(reverse("account_reauthenticate"), {"password": study.PASSWORD})
    assert people.signed_in(client)
    time_machine.shift(HOUR / 2)
    assert not people.signed_in(client)


@pytest.mark.req("R-37")
def test_another_browser_with_the_same_cookie_has_to_sign_in(cast):
    owner = people.browser(cast.monitor)
    thief = people.browser(cast.coordinator, agent="curl/8")
    thief.cookies["session"] = key_of(owner)
    assert not people.signed_in(thief)
    event = Event.objects.get(kind="act:session_client_changed")
    assert (event.actor, event.details["agent"]) == ("monitor", "curl/8")
    assert not people.signed_in(owner)  # the cookie is out: nobody may go on with it


@pytest.mark.req("R-37")
def test_another_address_is_written_down_once(cast):
    client = people.browser(cast.monitor)
    for _request in range(2):
        assert client.get("/", REMOTE_ADDR="192.0.2.9").status_code == 200
    event = Event.objects.get(kind="act:session_address_changed")
    assert event.details == {"user": "monitor", "address": "192.0.2.9", "before": "192.0.2.1"}


def deactivate(user):
    with transaction(by=study.SETUP):
        user.is_active = False
        user.save(update_fields=["is_active"])
        endings.end_access(user=user, by=study.SETUP)


def lose_role(user):
    end_role(membership=Membership.objects.get(user=user), by=study.SETUP, reason="left")


@pytest.mark.req("R-34")
@pytest.mark.parametrize("end", [deactivate, lose_role])
def test_with_the_account_or_a_role_all_sessions_and_tokens_end_at_once(cast, client, end):
    browsers = [people.browser(cast.monitor), people.browser(cast.monitor)]
    key = issue_token(user=cast.monitor, by=study.SETUP)
    other = people.browser(cast.sponsor)
    end(cast.monitor)
    assert not any(people.signed_in(one) for one in browsers)
    answer = client.get("/api/v1/participants/", headers={"authorization": f"Token {key}"})
    assert answer.status_code == 401
    assert people.signed_in(other)


def test_the_flag_alone_is_enough(cast):
    client = people.browser(cast.monitor)
    with transaction(by=study.SETUP):
        cast.monitor.is_active = False
        cast.monitor.save(update_fields=["is_active"])
    assert not people.signed_in(client)


def test_one_sees_ones_sessions_and_ends_another(cast):
    here = people.browser(cast.monitor, agent="Mozilla/5.0 (Windows NT 10.0) Chrome/140 Safari/537")
    there = people.browser(cast.monitor, address="198.51.100.4")
    shown = endings.open_sessions(cast.monitor, current=key_of(here))
    assert {(s.browser, s.address, s.current) for s in shown} == {
        ("Chrome · Windows", "192.0.2.1", True),
        ("Firefox", "198.51.100.4", False),
    }
    mark = next(s.mark for s in shown if not s.current)
    assert here.post(reverse("security:session-end", args=[mark])).status_code == 302
    assert people.signed_in(here)
    assert not people.signed_in(there)
    assert Event.objects.get(kind="act:session_ended").details["sessions"] == 1


def test_another_ones_session_is_not_there(cast):
    people.browser(cast.sponsor)
    (shown,) = endings.open_sessions(cast.sponsor)
    mine = people.browser(cast.monitor)
    assert mine.post(reverse("security:session-end", args=[shown.mark])).status_code == 404
    assert len(endings.open_sessions(cast.sponsor)) == 1


def test_all_others_end_with_one_button(cast):
    mine, *others = [people.browser(cast.monitor) for _ in range(3)]
    mine.post(reverse("security:sessions-end"))
    assert people.signed_in(mine)
    assert not any(people.signed_in(one) for one in others)


def test_nothing_of_a_session_tells_its_key(cast):
    client = people.browser(cast.monitor)
    assert key_of(client) not in client.get(reverse("security:overview")).text


def test_tokens_end_with_who_and_when(cast):
    issue_token(user=cast.monitor, by=study.SETUP)
    assert endings.end_tokens(user=cast.monitor, by=Actor.of(cast.admin), reason="left") == 1
    token = ApiToken.objects.get()
    assert token.revoked_by == "admin"
    assert endings.end_tokens(user=cast.monitor, by=study.SETUP) == 0


@pytest.mark.req("R-39")
def test_the_limits_are_those_that_are_promised():
    assert settings.SESSION_COOKIE_AGE <= 30 * 60
    assert settings.SESSION_ABSOLUTE_SECONDS <= 12 * 3600
    assert settings.SESSION_COOKIE_HTTPONLY
    assert settings.SESSION_COOKIE_SAMESITE in ("Lax", "Strict")
