"""API tokens: scope, networks, end, last use; every bad one gets the same answer."""

import io
import re
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from tests.factories import study
from tests.integration.access import people
from trial.access.exceptions import Refused
from trial.access.models import ApiToken, TokenScope, TokenUse
from trial.access.services import issue_token, revoke_token
from trial.audit.models import Event

LIST = "/api/v1/participants/"
PANELS = "/api/v1/lab-panels/"


def ask(client, key, path=LIST, method="get", **more):
    return getattr(client, method)(path, headers={"authorization": f"Token {key}"}, **more)


def issue(user, **options):
    return issue_token(user=user, by=study.SETUP, **options)


@pytest.mark.req("F-118")
def test_every_bad_token_gets_the_same_bytes(cast, client, time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    expired = issue(cast.monitor, days=1)
    time_machine.shift(timedelta(days=1))
    revoked, fenced, inactive = issue(cast.monitor), "", issue(cast.sponsor)
    revoke_token(token=ApiToken.objects.get(prefix=revoked[:8]), by=study.SETUP)
    fenced = issue(cast.monitor, networks=["198.51.100.0/24"])
    with people.acting():
        cast.sponsor.is_active = False
        cast.sponsor.save(update_fields=["is_active"])
    headers = [f"Token {key}" for key in (expired, revoked, fenced, inactive, "x", "", " ", "é")]
    headers += ["", " ", "Token", "Bearer x", f"Token {issue(cast.monitor)} x", "Token \t"]
    answers = {
        (answer.status_code, answer.content, answer["WWW-Authenticate"])
        for answer in (client.get(LIST, headers={"authorization": text}) for text in headers)
    }
    assert len(answers) == 1
    assert answers.pop()[0] == 401


@pytest.mark.req("F-118")
def test_a_token_in_the_address_is_no_token(cast, client):
    key = issue(cast.monitor)
    assert client.get(f"{LIST}?token={key}").status_code in (400, 401)


@pytest.mark.req("F-118")
def test_an_empty_token_does_not_fall_back_on_the_session(cast, sign_in):
    client = sign_in(cast.monitor)
    assert client.get(LIST).status_code == 200
    assert client.get(LIST, headers={"authorization": ""}).status_code == 401


@pytest.mark.req("F-118")
@pytest.mark.req("R-37")
def test_a_token_for_reading_writes_nothing(cast, client):
    key = issue(cast.coordinator, scope=TokenScope.READ)
    assert ask(client, key).status_code == 200
    answer = ask(client, key, PANELS, "post", data={}, content_type="application/json")
    assert answer.status_code == 403
    assert "only for reading" in answer.text
    writing = issue(cast.coordinator)
    answer = ask(client, writing, PANELS, "post", data={}, content_type="application/json")
    assert answer.status_code == 400  # it came as far as being looked at


@pytest.mark.req("R-37")
@pytest.mark.parametrize(
    ("networks", "address", "good"),
    [
        ([], "203.0.113.5", True),
        (["192.0.2.0/24"], "192.0.2.200", True),
        (["192.0.2.0/24"], "192.0.3.1", False),
        (["192.0.2.7"], "192.0.2.7", True),
        (["192.0.2.0/24"], "::ffff:192.0.2.9", True),
        (["2001:db8::/32"], "2001:db8::1", True),
        (["2001:db8::/32"], "192.0.2.1", False),
        (["192.0.2.0/24", "198.51.100.0/24"], "198.51.100.1", True),
        (["192.0.2.0/24"], "", False),
    ],
)
def test_a_token_is_good_from_its_networks_alone(cast, client, networks, address, good):
    key = issue(cast.monitor, networks=networks)
    assert ask(client, key, REMOTE_ADDR=address).status_code == (200 if good else 401)


@pytest.mark.req("R-37")
def test_behind_a_proxy_only_its_own_word_on_the_address_counts(cast, client, settings):
    settings.BEHIND_PROXY = True
    key = issue(cast.monitor, networks=["192.0.2.0/24"])
    lied = {"authorization": f"Token {key}", "x-forwarded-for": "192.0.2.1, 203.0.113.9"}
    true = {"authorization": f"Token {key}", "x-forwarded-for": "203.0.113.9, 192.0.2.1"}
    assert client.get(LIST, headers=lied).status_code == 401
    assert client.get(LIST, headers=true).status_code == 200


def test_last_use_is_written_once_an_hour_and_is_no_event(cast, client, time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    key = issue(cast.monitor)
    events = Event.objects.count()
    ask(client, key)
    first = TokenUse.objects.get().last_used
    time_machine.shift(timedelta(minutes=59))
    ask(client, key)
    assert TokenUse.objects.get().last_used == first
    time_machine.shift(timedelta(minutes=1))
    ask(client, key)
    assert TokenUse.objects.get().last_used == first + timedelta(hours=1)
    assert Event.objects.count() == events


@pytest.mark.parametrize("networks", [["x"], ["192.0.2.1/24"], ["300.1.1.1"], [""]])
def test_what_is_no_network_is_refused(cast, networks):
    with pytest.raises(Refused) as refused:
        issue(cast.monitor, networks=networks)
    assert set(refused.value.errors) == {"networks"}


# --- the command --------------------------------------------------------------------------------
def command(*arguments):
    out = io.StringIO()
    call_command("token", *arguments, stdout=out)
    return out.getvalue().strip()


def test_the_command_gives_scope_networks_and_days(cast):
    command(
        "monitor", "--scope", "read", "--network", "192.0.2.0/24", "--network", "::1", "--days", "7"
    )
    token = ApiToken.objects.get()
    assert (token.scope, token.networks) == ("read", ["192.0.2.0/24", "::1/128"])
    assert token.expires_at - timezone.now() < timedelta(days=7)


@pytest.mark.parametrize(
    "arguments", [("nobody",), ("monitor", "--network", "x"), ("monitor", "--days", "0")]
)
def test_the_command_says_what_is_wrong(cast, arguments):
    with pytest.raises(CommandError):
        command(*arguments)


# --- one's own page -----------------------------------------------------------------------------
def test_a_token_is_issued_on_the_page_and_shown_once(cast, client):
    mine = people.browser(cast.coordinator)
    given = {"scope": "read", "days": "30", "networks": "192.0.2.0/24, 127.0.0.0/8"}
    answer = mine.post(reverse("security:token-issue"), given)
    key = re.search(r"<code>([\w-]{43})</code>", answer.text).group(1)
    assert ask(client, key).status_code == 200
    page = mine.get(reverse("security:overview")).text
    assert key not in page
    assert key[:8] in page
    token = ApiToken.objects.get()
    assert mine.post(reverse("security:token-revoke", args=[token.pk])).status_code == 302
    assert ask(client, key).status_code == 401


def test_who_may_not_write_is_offered_no_token_that_does(cast):
    mine = people.browser(cast.sponsor)
    given = {"scope": "write", "days": "30", "networks": ""}
    assert mine.post(reverse("security:token-issue"), given).status_code == 422
    assert not ApiToken.objects.exists()


def test_another_ones_token_is_not_there(cast):
    issue(cast.sponsor)
    mine = people.browser(cast.monitor)
    answer = mine.post(reverse("security:token-revoke", args=[ApiToken.objects.get().pk]))
    assert answer.status_code == 404
    assert ApiToken.objects.get().revoked_at is None


def test_ones_own_page_costs_the_same_however_much_there_is(cast, django_assert_max_num_queries):
    mine = people.browser(cast.monitor)
    for _round in range(2):
        with django_assert_max_num_queries(15):
            assert people.signed_in(mine)
        for _more in range(20):
            issue(cast.monitor)
