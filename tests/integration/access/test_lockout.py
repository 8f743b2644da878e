"""Failed sign-ins: the pause, the alert, the mail; what an outsider can't find out or do."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from labs.management.commands import sweep
from tests.factories import study
from tests.integration.access import people
from trial.access import alerts
from trial.access.lockout import SPRAY_LIMIT
from trial.access.models import AlertKind, FailedSignIn, SecurityAlert
from trial.audit.context import Actor
from trial.audit.models import Event


def attempt(name="coordinator", password="wrong", address="192.0.2.1"):
    client = Client(REMOTE_ADDR=address)
    return client.post(reverse("account_login"), {"login": name, "password": password})


@pytest.fixture
def _mailed(settings):
    settings.SECURITY_MAIL = ["security@example.org"]


@pytest.mark.req("R-38")
def test_five_failures_pause_with_one_event_and_one_alert(cast):
    assert [attempt().status_code for _ in range(7)] == [200] * 4 + [429] * 3
    event = Event.objects.get(kind="act:sign_in_locked")
    assert event.details == {"username": "coordinator", "address": "192.0.2.1"}
    alert = SecurityAlert.objects.get()
    assert (alert.kind, alert.username, alert.address) == (
        "sign_in_locked", "coordinator", "192.0.2.1",
    )  # fmt: skip


@pytest.mark.req("F-115")
def test_a_stranger_elsewhere_can_not_lock_the_coordinator_out(cast):
    for _try in range(6):
        attempt(address="203.0.113.66")
    assert people.signed_in(people.browser(cast.coordinator))


@pytest.mark.req("F-115")
def test_tries_from_many_addresses_raise_one_alert_and_lock_nobody(cast):
    for number in range(SPRAY_LIMIT + 3):
        attempt(address=f"203.0.113.{number}")
    alert = SecurityAlert.objects.get(kind="spray")
    assert alert.details == {"failures": 20, "addresses": 20}
    assert people.signed_in(people.browser(cast.coordinator))


@pytest.mark.req("F-115")
def test_failures_of_another_hour_or_name_do_not_add_up(cast, time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    for number in range(SPRAY_LIMIT - 1):
        attempt(address=f"203.0.113.{number}")
    attempt("monitor", address="203.0.113.200")
    time_machine.shift(timedelta(hours=1, seconds=1))
    attempt(address="203.0.113.201")
    assert not SecurityAlert.objects.filter(kind="spray").exists()


def test_counts_are_not_kept_longer_than_needed(cast, time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    attempt()
    time_machine.shift(timedelta(days=1, seconds=1))
    attempt()
    assert FailedSignIn.objects.count() == 1


@pytest.mark.req("R-38")
@pytest.mark.usefixtures("_mailed")
def test_the_security_unit_gets_a_mail_once_from_the_sweeper(cast):
    for _try in range(5):
        attempt()
    assert mail.outbox == []  # nobody's sign-in waits for a mail server
    assert alerts.send_waiting() == 1
    assert alerts.send_waiting() == 0
    (message,) = mail.outbox
    assert message.to == ["security@example.org"]
    assert "coordinator" in message.body
    assert "192.0.2.1" in message.body
    assert message.extra_headers["Message-ID"].startswith("<security-alert-")


@pytest.mark.req("R-38")
@pytest.mark.usefixtures("_mailed")
def test_a_mail_server_that_is_away_stops_nothing_and_gets_the_mail_later(cast, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_PORT = 1
    assert [attempt().status_code for _ in range(5)][-1] == 429
    assert alerts.send_waiting() == 0
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert alerts.send_waiting() == 1


@pytest.mark.usefixtures("_mailed")
def test_a_round_of_the_sweeper_sends_it(cast):
    alerts.raise_alert(kind=AlertKind.SPRAY, username="x", by=study.SETUP)
    sweep.Command().handle(loop=0)
    assert len(mail.outbox) == 1


def test_without_an_address_no_mail_waits(cast):
    alerts.raise_alert(kind=AlertKind.SPRAY, username="x", by=study.SETUP)
    assert alerts.send_waiting() == 0


# --- finding out --------------------------------------------------------------------------------
def bare(answer, name: str) -> str:
    """A page without what differs at each request, and without the name that was typed."""
    text = re.sub(r'(nonce|name="csrfmiddlewaretoken" value)="[^"]*"', "", answer.text)
    return text.replace(name, "NAME")


@pytest.mark.req("F-116")
def test_known_unknown_and_deactivated_users_get_the_same_answer(cast):
    with people.acting():
        cast.sponsor.is_active = False
        cast.sponsor.save(update_fields=["is_active"])
    tries = [("monitor", "wrong"), ("nobody99", "wrong"), ("sponsor", study.PASSWORD)]
    answers = [(attempt(name, password), name) for name, password in tries]
    assert {answer.status_code for answer, _name in answers} == {200}
    assert len({bare(answer, name) for answer, name in answers}) == 1


@pytest.mark.req("F-116")
def test_an_unknown_user_costs_a_hash_as_well(cast, monkeypatch):
    """The time of an answer tells nothing: one password is hashed in either case."""
    hashed: list[str] = []

    def encode(self, password, salt):
        hashed.append(password)
        return f"md5${salt}$x"

    monkeypatch.setattr("django.contrib.auth.hashers.MD5PasswordHasher.encode", encode)
    counts = []
    for name in ("monitor", "nobody99"):
        hashed.clear()
        attempt(name)
        counts.append(len(hashed))
    assert counts[0] == counts[1] > 0


@pytest.mark.req("F-116")
def test_an_unknown_user_is_paused_like_a_known_one(cast):
    assert [attempt("nobody99").status_code for _ in range(6)] == [200] * 4 + [429] * 2


def test_there_is_no_way_to_ask_for_a_new_password(cast):
    for path in ("/accounts/password/reset/", "/accounts/inactive/", "/accounts/email/"):
        assert Client().get(path).status_code == 404


# --- the administrators' page -------------------------------------------------------------------
def test_an_administrator_looks_at_an_alert_and_says_what_was_found(cast, sign_in):
    for _try in range(5):
        attempt()
    alert = SecurityAlert.objects.get()
    client = sign_in(cast.admin)
    assert "192.0.2.1" in client.get(reverse("security:alerts")).text
    seen = reverse("security:alert-seen", args=[alert.pk])
    assert client.post(seen, {"note": ""}).status_code == 422
    assert client.post(seen, {"note": "She had forgotten it."}).status_code == 302
    client.post(seen, {"note": "A second opinion."})
    alert.refresh_from_db()
    assert (alert.seen_by, alert.note) == ("admin", "She had forgotten it.")
    assert "192.0.2.1" not in client.get(reverse("security:alerts"), {"open": "1"}).text


def test_the_list_of_alerts_costs_the_same_however_long(
    cast, sign_in, django_assert_max_num_queries
):
    client = sign_in(cast.admin)
    for number in range(40):
        alerts.raise_alert(kind=AlertKind.SPRAY, username=f"user{number}", by=Actor.of(cast.admin))
        if number in (0, 39):
            with django_assert_max_num_queries(8):
                assert client.get(reverse("security:alerts")).status_code == 200
