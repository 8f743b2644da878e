"""Passwords: what is refused, who must change, and links that set one."""

from datetime import timedelta

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import study
from tests.integration.access import people
from trial.access import passwords, setup_links
from trial.access.exceptions import Refused
from trial.access.models import FormerPassword, SetupLink, User
from trial.access.services import create_user, deactivate_user, issue_token, reactivate_user
from trial.audit.context import Actor
from trial.audit.models import Event

NEW = "seven bright lanterns"
CHANGE = "account_change_password"


def change(client, current=study.PASSWORD, new=NEW, again=None):
    data = {"current": current, "password": new, "again": again or new}
    return client.post(reverse(CHANGE), data)


# --- what is a good one -------------------------------------------------------------------------
@pytest.mark.req("R-39")
@pytest.mark.parametrize(
    "password",
    ["short", "elevenchars", "password1234567"[:12], "administrator", "coordinator", "x" * 257],
)
def test_weak_passwords_are_refused(cast, password):
    with pytest.raises(ValidationError):
        validate_password(password, cast.coordinator)


@pytest.mark.req("R-39")
def test_none_of_the_last_ten_is_taken_again(cast):
    user, by = cast.monitor, Actor.of(cast.monitor)
    chosen = [f"lantern number {n} is lit" for n in range(11)]
    for password in chosen:
        passwords.set_password(user=user, password=password, by=by)
    for password in chosen[1:]:
        with pytest.raises(Refused, match="none of your last 10"):
            passwords.set_password(user=user, password=password, by=by)
    passwords.set_password(user=user, password=chosen[0], by=by)
    assert FormerPassword.objects.filter(user=user).count() == 10


@pytest.mark.req("R-39")
def test_the_first_password_counts_among_them(cast):
    with pytest.raises(Refused):
        passwords.set_password(user=cast.monitor, password=study.PASSWORD, by=study.SETUP)


def test_a_password_is_in_no_event(cast):
    passwords.set_password(user=cast.monitor, password=NEW, by=Actor.of(cast.monitor))
    cast.monitor.refresh_from_db()
    for event in Event.objects.all():
        assert NEW not in str(event.__dict__)
        assert cast.monitor.password not in str(event.__dict__)


# --- changing -----------------------------------------------------------------------------------
@pytest.mark.req("F-114")
@pytest.mark.req("R-34")
def test_changing_ends_other_sessions_and_tokens_and_gives_this_one_a_new_key(cast, client):
    mine, other = people.browser(cast.monitor), people.browser(cast.monitor)
    key = issue_token(user=cast.monitor, by=study.SETUP)
    before = mine.cookies["session"].value
    assert change(mine).status_code == 302
    assert people.signed_in(mine)
    assert mine.cookies["session"].value != before
    assert not people.signed_in(other)
    answer = client.get("/api/v1/participants/", headers={"authorization": f"Token {key}"})
    assert answer.status_code == 401
    assert people.signed_in(people.browser(cast.monitor, NEW))
    assert not people.signed_in(people.browser(cast.monitor))
    assert Event.objects.get(kind="act:password_changed").actor == "monitor"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"current": "wrong"}, "The user name or the password is wrong."),
        ({"again": "something else here"}, "The two passwords are not the same."),
        ({"new": "short"}, "too short"),
        ({"new": study.PASSWORD}, "none of your last 10"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_changes(cast, given, said):
    client = people.browser(cast.monitor)
    answer = change(client, **given)
    assert answer.status_code == 422
    assert said in answer.text
    assert people.signed_in(people.browser(cast.monitor))


@pytest.mark.req("R-39")
def test_a_password_that_an_administrator_has_chosen_must_be_changed_first(cast):
    user = create_user(
        username="newcomer", full_name="New Comer", password=study.PASSWORD, by=Actor.of(cast.admin)
    )
    client = people.browser(user)
    answer = client.get("/")
    assert (answer.status_code, answer["Location"]) == (302, reverse(CHANGE))
    assert client.get("/api/v1/participants/").status_code == 403
    assert "Choose your own password first" in client.get(reverse(CHANGE)).text
    assert change(client).status_code == 302
    assert client.get("/").status_code == 200


@pytest.mark.req("R-39")
def test_a_password_grows_old_if_the_installation_says_so(cast, settings, time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    settings.PASSWORD_MAX_DAYS = 90
    time_machine.shift(timedelta(days=89))
    assert people.browser(cast.monitor).get("/").status_code == 200
    time_machine.shift(timedelta(days=1))
    assert people.browser(cast.monitor).get("/")["Location"] == reverse(CHANGE)
    assert Event.objects.filter(kind="act:password_expired").count() == 1


# --- links --------------------------------------------------------------------------------------
SET = "security:setup-password"


def issue(cast, user=None):
    return setup_links.issue_setup_link(
        user=user or cast.monitor, by=Actor.of(cast.admin), reason="forgotten"
    )


def follow(path, password=NEW, client=None):
    """Open a link and set the password; the answer to the last step."""
    client = client or Client()
    client.get(path)
    return client.post(reverse(SET), {"password": password, "again": password})


@pytest.mark.req("F-117")
def test_a_link_sets_the_password_once_and_ends_what_was_open(cast):
    before = people.browser(cast.monitor)
    path = issue(cast)
    assert follow(path).status_code == 302
    assert not people.signed_in(before)
    assert people.signed_in(people.browser(cast.monitor, NEW))
    assert follow(path, "another good password").status_code == 404
    kinds = Event.objects.filter(kind__startswith="act:setup_link").values_list("kind", "actor")
    assert list(kinds) == [("act:setup_link_issued", "admin"), ("act:setup_link_used", "monitor")]


@pytest.mark.req("F-117")
def test_a_link_is_good_for_an_hour(cast, time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    path = issue(cast)
    time_machine.shift(timedelta(minutes=59, seconds=59))
    assert follow(path, "short").status_code == 422  # the link still opens
    time_machine.shift(timedelta(seconds=1))
    assert follow(path).status_code == 404


@pytest.mark.req("F-117")
def test_a_link_names_no_host_and_its_key_is_not_kept(cast):
    path = issue(cast)
    assert path.startswith("/account/set-up/")
    key = path.rstrip("/").rpartition("/")[2]
    assert len(key) == 43
    assert key not in str([event.__dict__ for event in Event.objects.all()])
    assert key != SetupLink.objects.get().digest


@pytest.mark.req("F-117")
def test_the_key_leaves_the_address_at_once(cast):
    answer = Client().get(issue(cast), headers={"host": "localhost"})
    assert (answer.status_code, answer["Location"]) == (302, reverse(SET))


@pytest.mark.req("F-116")
def test_used_expired_replaced_and_invented_links_get_the_same_answer(cast, time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    replaced, used = issue(cast), issue(cast)
    follow(used)
    expired = issue(cast, cast.sponsor)
    time_machine.shift(timedelta(hours=2))
    invented = reverse("security:setup", args=["k" * 43])
    texts = set()
    for path in (replaced, used, expired, invented):
        client = Client()
        assert client.get(path).status_code == 302
        answer = client.get(reverse(SET))
        assert answer.status_code == 404
        texts.add(without_nonce(answer.text))
    assert len(texts) == 1


def without_nonce(text: str) -> str:
    lines = text.splitlines()
    return "\n".join(line for line in lines if "csrf" not in line and "nonce" not in line)


@pytest.mark.req("F-117")
def test_trying_links_is_slowed_down(cast):
    client = Client()
    answers = [client.get(reverse(SET)).status_code for _ in range(21)]
    assert answers == [404] * 20 + [429]


def test_a_link_of_a_deactivated_account_opens_nothing(cast):
    path = issue(cast)
    with people.acting():
        cast.monitor.is_active = False
        cast.monitor.save(update_fields=["is_active"])
    assert follow(path).status_code == 404
    with pytest.raises(Refused):
        issue(cast)


@pytest.mark.req("F-117")
@pytest.mark.req("R-34")
def test_a_link_ends_with_the_account_and_is_dead_when_it_opens_again(cast):
    path, before = issue(cast), User.objects.get(pk=cast.monitor.pk)
    known = {"user": cast.monitor, "by": Actor.of(cast.admin), "reason": "on leave"}
    deactivate_user(**known)
    link = SetupLink.objects.get()
    assert (link.end, link.ended_by) == ("withdrawn", "admin")
    with pytest.raises(Refused):
        issue(cast, before)  # as somebody saw the account a moment ago
    reactivate_user(**known)
    assert follow(path).status_code == 404
    assert follow(issue(cast)).status_code == 302


def test_nobody_issues_a_link_for_themself(cast):
    with pytest.raises(Refused):
        issue(cast, cast.admin)


def test_a_link_is_how_a_new_user_gets_in(cast):
    user = create_user(username="fresh", full_name="Fresh", password=None, by=Actor.of(cast.admin))
    assert not people.signed_in(people.browser(user, ""))
    follow(issue(cast, user))
    assert people.browser(user, NEW).get("/").status_code == 200


def test_accounts_of_a_demo_study_come_in_with_their_password(db):
    """System processes choose passwords for simulated people; nobody has to change them."""
    assert people.browser(study.make_user("simulated")).get("/").status_code == 200


@pytest.mark.req("R-38")
def test_after_five_wrong_present_passwords_the_change_is_paused(sign_in, cast):
    client = sign_in(cast.monitor)
    answers = [change(client, current="wrong").status_code for _n in range(6)]
    assert answers == [422] * 4 + [429] * 2
    assert change(client).status_code == 429
