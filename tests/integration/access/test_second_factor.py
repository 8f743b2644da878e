"""Second factors: asked for, not replayed, counted, demanded by role, lost and reset."""

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth as webauthn
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import study
from tests.integration.access import people
from trial.access import factors
from trial.access.exceptions import Refused
from trial.access.models import ApiToken, SecurityAlert, Session
from trial.access.services import issue_token
from trial.audit.context import Actor
from trial.audit.models import Event

CODE = "mfa_authenticate"
GOOD_REASON = {"reason": "The phone was stolen", "identity_check": "Seen in person with passport"}


def step(client, code):
    return client.post(reverse(CODE), {"code": code})


def acts(*kinds):
    return [
        e.kind.removeprefix("act:")
        for e in Event.objects.filter(kind__in=[f"act:{k}" for k in kinds])
    ]


@pytest.fixture
def owner(cast, time_machine):
    """Somebody with an authenticator app; the clock stands still."""
    time_machine.move_to(timezone.now(), tick=False)
    people.give_app(cast.datamanager)
    return cast.datamanager


@pytest.mark.req("R-39")
def test_the_password_alone_does_not_get_in(owner):
    client = people.browser(owner)
    assert not people.signed_in(client)
    assert client.get(reverse(CODE)).status_code == 200


def test_the_code_does(owner):
    client = people.browser(owner)
    assert step(client, people.code()).status_code == 302
    assert people.signed_in(client)


@pytest.mark.req("F-115")
def test_a_code_is_good_once(owner):
    assert step(people.browser(owner), people.code()).status_code == 302
    again = step(people.browser(owner), people.code())
    assert again.status_code == 422
    assert "was used before" in again.text


@pytest.mark.req("F-115")
def test_a_code_older_than_one_used_is_not_accepted(owner, time_machine):
    old = people.code()
    time_machine.shift(timedelta(seconds=factors.PERIOD))
    assert step(people.browser(owner), people.code()).status_code == 302
    assert step(people.browser(owner), old).status_code == 422


@pytest.mark.req("F-115")
@pytest.mark.req("R-38")
def test_five_wrong_codes_pause_the_right_one_and_raise_an_alert(owner):
    client = people.browser(owner)
    answers = [step(client, "000000").status_code for _ in range(5)]
    assert answers == [422] * 4 + [429]
    assert step(client, people.code()).status_code == 429
    assert not people.signed_in(client)
    assert SecurityAlert.objects.get().kind == "reauth_locked"


@pytest.mark.parametrize("code", ["", " ", "12345", "abcdef", "１２３４５６", "\x00", "9" * 500])
def test_an_odd_code_is_refused_without_an_error(owner, code):
    assert step(people.browser(owner), code).status_code == 422


@pytest.mark.parametrize("credential", ["", "x", "null", "[]", "{}", '{"id": 1}'])
def test_an_odd_security_key_is_refused_without_an_error(owner, credential):
    client = people.browser(owner)
    assert client.post(reverse(CODE), {"credential": credential}).status_code == 422


def test_a_recovery_code_stands_in_once_and_is_in_the_trail(owner):
    (first, *_rest) = factors.recovery_codes(user=owner, by=Actor.of(owner))
    assert step(people.browser(owner), first).status_code == 302
    assert step(people.browser(owner), first).status_code == 422
    event = Event.objects.get(kind="act:recovery_code_used")
    assert event.details == {"user": "datamanager", "left": 9}


def test_from_the_code_page_one_can_go_back_and_sign_in_as_somebody_else(owner, cast):
    client = people.browser(owner)
    assert client.post(reverse("account_logout")).status_code == 302
    given = {"login": cast.monitor.username, "password": study.PASSWORD}
    assert client.post(reverse("account_login"), given).status_code == 302
    assert people.signed_in(client)


def test_the_code_page_is_closed_to_whoever_gave_no_password(owner):
    answer = step(Client(), people.code())
    assert (answer.status_code, answer["Location"]) == (302, reverse("account_login"))


# --- one's own page -----------------------------------------------------------------------------
def test_an_app_is_added_on_the_page_by_its_code(cast, monkeypatch):
    monkeypatch.setattr(
        "allauth.mfa.totp.internal.auth.generate_totp_secret", lambda: people.SECRET
    )
    client = people.browser(cast.monitor)
    page = client.get(reverse("security:app-add"))
    assert "<svg" in page.text
    assert "JBSW Y3DP" in page.text
    assert client.post(reverse("security:app-add"), {"code": "000000"}).status_code == 422
    assert client.post(reverse("security:app-add"), {"code": people.code()}).status_code == 302
    assert factors.has_app(cast.monitor)
    assert acts("factor_added") == ["factor_added"]
    codes = client.get(reverse("security:codes"))
    assert all(
        code in codes.text for code in factors.recovery_codes(user=cast.monitor, by=study.SETUP)
    )


@pytest.mark.req("R-39")
def test_adding_a_factor_ends_the_sessions_that_the_password_alone_opened(cast, monkeypatch):
    monkeypatch.setattr(
        "allauth.mfa.totp.internal.auth.generate_totp_secret", lambda: people.SECRET
    )
    elsewhere, here = people.browser(cast.monitor), people.browser(cast.monitor)
    other = people.browser(cast.coordinator)
    here.get(reverse("security:app-add"))
    assert here.post(reverse("security:app-add"), {"code": people.code()}).status_code == 302
    assert not people.signed_in(elsewhere)
    assert people.signed_in(here)
    assert people.signed_in(other)
    assert Event.objects.get(kind="act:session_ended").details["sessions"] == 1


@pytest.fixture
def key(cast):
    """A security key, without what only a browser can make."""
    with people.acting():
        return Authenticator.objects.create(
            user=cast.monitor, type="webauthn", data={"name": "blue", "credential": {"id": "1"}}
        )


def test_a_key_that_is_renamed_keeps_what_was_written_about_it_meanwhile(key):
    with people.acting():
        Authenticator.objects.update(data={"name": "blue", "credential": {"id": "2"}})
    factors.rename_key(key=key, name="red", by=study.SETUP)
    assert Authenticator.objects.get().data == {"name": "red", "credential": {"id": "2"}}


def accept_all(monkeypatch, key):
    monkeypatch.setattr(webauthn, "parse_authentication_response", lambda answer: answer)
    monkeypatch.setattr(webauthn, "complete_authentication", lambda user, answer: key)


def test_a_key_that_is_used_keeps_the_name_it_was_given_meanwhile(cast, key, monkeypatch):
    accept_all(monkeypatch, Authenticator.objects.get())
    factors.rename_key(key=key, name="red", by=study.SETUP)
    assert factors.accepts_key(user=cast.monitor, credential={}, by=study.SETUP)
    held = Authenticator.objects.get()
    assert held.data["name"] == "red"
    assert held.last_used_at is not None


def test_a_key_removed_meanwhile_is_neither_accepted_nor_renamed(cast, key, monkeypatch):
    accept_all(monkeypatch, Authenticator.objects.get())
    factors.remove_factor(factor=Authenticator.objects.get(), by=study.SETUP)
    assert not factors.accepts_key(user=cast.monitor, credential={}, by=study.SETUP)
    client = people.browser(cast.monitor)
    monkeypatch.setattr("trial.access.views.security._own", lambda request, pk: key)
    answer = client.post(reverse("security:key-rename", args=[key.pk]), {"name": "red"})
    assert answer.status_code == 404


@pytest.mark.parametrize("name", ["app-add", "key-add", "codes"])
def test_grave_pages_ask_for_the_password_once_more(cast, sign_in, name):
    """`sign_in` makes a session in which nothing was proved."""
    answer = sign_in(cast.monitor).get(reverse(f"security:{name}"))
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("account_reauthenticate"))


def test_removing_a_factor_asks_for_password_and_code(owner, sign_in):
    client = sign_in(owner)
    app = factors.factors_of(owner).get()
    remove = reverse("security:factor-remove", args=[app.pk])
    assert client.post(remove)["Location"].startswith(reverse("account_reauthenticate"))
    confirm = reverse("account_reauthenticate")
    assert client.post(confirm, {"password": study.PASSWORD}).status_code == 422
    assert client.post(confirm, {"password": study.PASSWORD, "code": "1"}).status_code == 422
    given = {"password": study.PASSWORD, "code": people.code(), "next": "/account/security/"}
    assert client.post(confirm, given).status_code == 302
    assert client.post(remove).status_code == 302
    assert not Authenticator.objects.filter(user=owner).exists()
    assert acts("factor_removed") == ["factor_removed"]


def test_another_ones_factor_is_not_there(owner, cast):
    client = people.browser(cast.monitor)
    app = factors.factors_of(owner).get()
    assert client.post(reverse("security:factor-remove", args=[app.pk])).status_code == 404
    assert factors.has_app(owner)


@pytest.mark.req("R-08")
def test_secrets_are_neither_in_the_trail_nor_readable_in_the_table(owner):
    row = Authenticator.objects.get(user=owner, type="totp")
    assert people.SECRET not in str(row.data)
    events = Event.objects.filter(table_name="mfa_authenticator")
    assert events.exists()
    assert all("data" not in (event.new or {}) for event in events)


# --- demanded by role ---------------------------------------------------------------------------
@pytest.fixture
def _demanded(settings):
    settings.MFA_REQUIRED_ROLES = ["datamanager"]


@pytest.mark.usefixtures("_demanded")
def test_who_owes_a_second_factor_is_led_to_it_and_can_do_nothing_else(cast):
    client = people.browser(cast.datamanager)
    for path in ("/", reverse("visits:participants"), reverse("labs:ranges")):
        answer = client.get(path)
        assert (answer.status_code, answer["Location"]) == (302, reverse("security:overview"))
    assert client.get("/api/v1/participants/").status_code == 403
    assert "Your role demands a second factor" in client.get(reverse("security:overview")).text
    assert client.get(reverse("security:app-add")).status_code == 200
    assert client.post(reverse("account_logout")).status_code == 302


@pytest.mark.usefixtures("_demanded")
def test_others_and_those_who_have_one_are_not_held_up(cast, owner):
    assert people.browser(cast.coordinator).get("/").status_code == 200
    client = people.browser(owner)
    step(client, people.code())
    assert client.get("/").status_code == 200


@pytest.mark.req("R-39")
@pytest.mark.usefixtures("_demanded")
@pytest.mark.parametrize("view", ["reports:home", "security:key-add", "account_change_password"])
def test_a_session_without_the_factor_that_there_is_ends_and_can_add_none(owner, sign_in, view):
    """`sign_in` makes a session as one that was opened before the factor was added elsewhere."""
    client = sign_in(owner)
    answer = client.get(reverse(view))
    assert (answer.status_code, answer["Location"]) == (302, reverse("account_login"))
    assert not people.signed_in(client)
    assert not Session.objects.filter(user=owner).exists()
    assert acts("session_ended") == ["session_ended"]
    assert sign_in(owner).get("/api/v1/participants/").status_code == 403


@pytest.mark.usefixtures("_demanded")
def test_a_token_of_such_a_user_still_works(cast, client):
    key = issue_token(user=cast.datamanager, by=study.SETUP)
    answer = client.get("/api/v1/participants/", headers={"authorization": f"Token {key}"})
    assert answer.status_code == 200


@pytest.mark.usefixtures("_demanded")
def test_the_last_factor_that_a_role_demands_stays(owner):
    with pytest.raises(Refused):
        factors.remove_factor(factor=factors.factors_of(owner).get(), by=Actor.of(owner))
    assert factors.has_app(owner)


# --- lost ---------------------------------------------------------------------------------------
@pytest.mark.req("R-39")
def test_an_administrator_resets_what_was_lost_and_says_how_the_person_was_known(owner, cast):
    client = people.browser(owner)
    step(client, people.code())
    issue_token(user=owner, by=study.SETUP)
    assert factors.reset_factors(user=owner, by=Actor.of(cast.admin), **GOOD_REASON) == 1
    assert not Authenticator.objects.filter(user=owner).exists()
    assert not people.signed_in(client)
    assert not ApiToken.objects.filter(user=owner, revoked_at=None).exists()
    event = Event.objects.get(kind="act:factors_reset")
    assert event.actor == "admin"
    assert event.details == {"user": "datamanager", **GOOD_REASON}


@pytest.mark.req("R-39")
@pytest.mark.parametrize("missing", ["reason", "identity_check"])
def test_without_reason_or_identity_check_nothing_is_reset(owner, cast, missing):
    with pytest.raises(Refused) as refused:
        factors.reset_factors(
            user=owner, by=Actor.of(cast.admin), **{**GOOD_REASON, missing: " short "}
        )
    assert set(refused.value.errors) == {missing}
    assert factors.has_app(owner)


@pytest.mark.req("R-39")
def test_nobody_resets_their_own(owner):
    with pytest.raises(Refused):
        factors.reset_factors(user=owner, by=Actor.of(owner), **GOOD_REASON)


def test_a_session_before_the_second_step_is_nobodys(owner):
    people.browser(owner)
    assert list(Session.objects.values_list("user", flat=True)) == [None]
