"""Fresh proof before a grave act: both components, one count for all acts, a pause after five."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from tests.factories import study
from trial.access import reauth
from trial.access.exceptions import Refused, TooManyFailures
from trial.access.models import ProofCount, SecurityAlert, User
from trial.audit.context import Actor, transaction
from trial.audit.models import Event

WRONG = "not the password"


def prove(user, password=study.PASSWORD, *, username=None, act="sign"):
    reauth.prove(
        user=user,
        username=username,
        password=password,
        address="192.0.2.7",
        act=act,
        by=Actor.of(user),
    )


def fail(user, times=1, **more):
    for _attempt in range(times):
        with pytest.raises(Refused):
            prove(user, WRONG, **more)


@pytest.mark.req("R-27")
@pytest.mark.parametrize("username", [None, "investigator", " Investigator ", "ｉnvestigator"])
def test_the_right_password_is_proof_and_leaves_no_event(cast, username):
    prove(cast.investigator, username=username)
    assert not Event.objects.filter(kind__startswith="act:reauth").exists()


@pytest.mark.req("R-27")
@pytest.mark.parametrize("username", ["", "coordinator", "investigator2", "\x00"])
def test_another_user_name_is_no_proof_and_gets_the_answer_of_a_wrong_password(cast, username):
    with pytest.raises(Refused) as named:
        prove(cast.investigator, username=username)
    with pytest.raises(Refused) as typed:
        prove(cast.investigator, WRONG, username="investigator")
    assert named.value.errors == typed.value.errors == {"password": [reauth.WRONG]}
    assert named.value.status == typed.value.status == 400


@pytest.mark.req("R-08")
@pytest.mark.req("R-27")
def test_a_failure_is_an_event_with_act_and_address_and_without_what_was_typed(cast):
    fail(cast.investigator, act="unlock")
    event = Event.objects.get(kind="act:reauth_failed")
    assert event.actor == "investigator"
    assert (event.table_name, event.record_id) == ("access_user", str(cast.investigator.pk))
    assert event.details == {"user": "investigator", "act": "unlock", "address": "192.0.2.7"}
    assert WRONG not in str(event.__dict__)


@pytest.mark.req("R-38")
def test_five_failures_pause_every_act_and_the_right_password_does_not_help(cast):
    fail(cast.investigator, 3, act="sign")
    fail(cast.investigator, 1, act="unlock")
    with pytest.raises(TooManyFailures) as fifth:
        prove(cast.investigator, WRONG, act="unblind")
    assert fifth.value.status == 429
    with pytest.raises(TooManyFailures):
        prove(cast.investigator)
    assert reauth.is_paused(cast.investigator)
    kinds = [e.kind for e in Event.objects.filter(kind__startswith="act:reauth")]
    assert kinds == ["act:reauth_failed"] * 5 + ["act:reauth_locked"]


@pytest.mark.req("R-38")
def test_the_pause_is_put_before_the_administrators_once(cast):
    fail(cast.investigator, 8)
    alert = SecurityAlert.objects.get()
    assert (alert.kind, alert.username, alert.address) == (
        "reauth_locked", "investigator", "192.0.2.7",
    )  # fmt: skip


@pytest.mark.req("F-115")
def test_the_pause_ends_after_a_quarter_of_an_hour_and_touches_nobody_else(cast, time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    fail(cast.investigator, 5)
    prove(cast.coordinator)
    time_machine.shift(reauth.PAUSE - timedelta(seconds=1))
    with pytest.raises(TooManyFailures):
        prove(cast.investigator)
    time_machine.shift(timedelta(seconds=1))
    prove(cast.investigator)
    assert not reauth.is_paused(cast.investigator)


@pytest.mark.req("R-38")
def test_failures_count_for_a_quarter_of_an_hour_each(cast, time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    fail(cast.investigator, 1)
    time_machine.shift(timedelta(minutes=14))
    fail(cast.investigator, 3)
    time_machine.shift(timedelta(minutes=2))  # the first one counts no longer
    fail(cast.investigator, 1)
    assert len(ProofCount.objects.get().failures) == 4
    assert not reauth.is_paused(cast.investigator)
    prove(cast.investigator)


def test_a_success_starts_the_count_anew(cast):
    for _round in range(3):
        fail(cast.investigator, 4)
        prove(cast.investigator)
    assert ProofCount.objects.get().failures == []


def test_a_user_who_has_been_deactivated_meanwhile_can_prove_nothing(cast):
    stale = User.objects.get(pk=cast.investigator.pk)
    with transaction(by=study.SETUP):
        User.objects.filter(pk=stale.pk).update(is_active=False)
    with pytest.raises(Refused):
        prove(stale)


def test_inside_a_transaction_it_refuses_to_work(cast):
    """Its count would be undone with the act: guesses without end."""
    with transaction(by=study.SETUP), pytest.raises(RuntimeError, match="inside a transaction"):
        prove(cast.investigator)


@pytest.mark.req("F-115")
def test_guesses_sent_all_at_once_are_counted_too(fresh_database):
    user = study.make_user("hasty")
    refusals: list[type] = []

    def guess():
        try:
            prove(user, WRONG)
        except Refused as refusal:
            refusals.append(type(refusal))
        finally:
            connection.close()

    threads = [threading.Thread(target=guess) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(t.__name__ for t in refusals) == ["Refused"] * 4 + ["TooManyFailures"] * 4
    assert Event.objects.filter(kind="act:reauth_failed").count() == 5
