"""Emergency unblinding: asked for and committed, then read, once; nothing hides it."""

import os
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import psycopg2
import pytest
from django.core import mail
from django.db import connections

from patients.models import Participant, Status
from randomization.models import Kind, Unblinding
from randomization.sealed.reading import NotShown, read_arm, request_arm
from tests.factories import study
from tests.factories.allocation import randomised, ready
from tests.integration.quality.holding import lock
from tests.integration.randomization.unblinding import (
    acting,
    as_investigator,
    asked,
    asking,
    sealed_session,
)
from trial.access.accounts import edit_user
from trial.access.exceptions import Refused, TooManyFailures
from trial.access.roles import Role
from trial.audit.again import again_if_torn
from trial.audit.context import SEALED_DB_ALIAS, transaction
from trial.audit.models import Event
from trial.inbox import mailing
from trial.inbox.models import Item
from trial.quality.models import Scope


def read_as(user, unblinding):
    return read_arm(unblinding=unblinding, by=as_investigator(user))


# --- the two steps ------------------------------------------------------------------------------
@pytest.mark.req("R-47")
def test_the_investigator_reads_the_arm_of_the_one_participant(cast, person, arms):
    made = asked(person, cast.investigator)
    assert (made.kind, made.read_at) == (Kind.EMERGENCY, None)
    assert read_as(cast.investigator, made) == arms()[0][3]
    made.refresh_from_db()
    assert made.read_by == "investigator"


@pytest.mark.req("R-17")
def test_every_step_is_in_the_trail_with_who_role_when_and_why(cast, person):
    made = asked(person, cast.investigator)
    read_as(cast.investigator, made)
    acts = Event.objects.filter(table_name="randomization_unblinding", kind__startswith="act:")
    assert [(e.kind, e.actor, e.actor_role, e.participant_id) for e in acts.order_by("id")] == [
        ("act:unblinding_requested", "investigator", "investigator", person.pk),
        ("act:unblinded", "investigator", "investigator", person.pk),
    ]
    assert all("antidote" in event.reason for event in acts)


@pytest.mark.req("R-47")
def test_what_was_asked_in_one_transaction_is_not_read_in_it(cast, person):
    for savepoint in ("", "savepoint s"):
        with sealed_session() as cursor:
            acting(cursor, cast.investigator)
            cursor.execute(
                "select sealed.request_arm(%s, 'other', 'needed at once, really')", [person.pk]
            )
            (made,) = cursor.fetchone()
            cursor.execute("select access_id from randomization_unblinding where id = %s", [made])
            (request,) = cursor.fetchone()
            if savepoint:
                cursor.execute(savepoint)
            with pytest.raises(psycopg2.Error) as refused:
                cursor.execute("select sealed.read_arm(%s)", [request])
            assert refused.value.pgcode == "SE010"
            cursor.execute("rollback")
    assert not Unblinding.objects.exists()


def roll_back(cursor):
    cursor.execute("rollback")


def disconnect(cursor):
    cursor.connection.close()


def fail(cursor):
    with pytest.raises(psycopg2.Error):
        cursor.execute("select 1 / 0")


@pytest.mark.req("F-055b")
@pytest.mark.req("R-17")
@pytest.mark.parametrize("end", [roll_back, disconnect, fail])
def test_who_reads_and_takes_it_back_is_recorded_all_the_same(cast, person, arms, accesses, end):
    made = asked(person, cast.investigator)
    with sealed_session() as cursor:
        acting(cursor, cast.investigator)
        cursor.execute("select sealed.read_arm(%s)", [made.access_id])
        assert cursor.fetchone()[0] == arms()[0][3]
        end(cursor)
    assert ("participant", "investigator", False) in accesses()
    assert Unblinding.objects.get().requested_by == "investigator"
    assert Event.objects.filter(kind="act:unblinding_requested", actor="investigator").exists()
    assert Item.objects.filter(kind="unblinding").count() == 2


def test_neither_step_works_inside_another_transaction(cast, person):
    made = asked(person, cast.investigator)
    by = as_investigator(cast.investigator)
    with transaction(by=by, using=SEALED_DB_ALIAS), pytest.raises(RuntimeError):
        read_arm(unblinding=made, by=by)
    assert read_as(cast.investigator, made)


# --- once, soon, by who asked -------------------------------------------------------------------
@pytest.mark.req("R-47")
def test_it_is_shown_once(cast, person):
    made = asked(person, cast.investigator)
    read_as(cast.investigator, made)
    with pytest.raises(NotShown, match="once"):
        read_as(cast.investigator, made)


def test_of_two_who_read_at_once_one_is_shown_it(cast, person):
    made = asked(person, cast.investigator)

    def run(_n):
        try:
            return read_as(cast.investigator, made)
        except NotShown:
            return None
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        shown = list(pool.map(run, range(4)))
    assert sum(arm is not None for arm in shown) == 1


def test_after_ten_minutes_it_is_shown_no_more(cast, person, admin_connection):
    made = asked(person, cast.investigator)
    with admin_connection.cursor() as cursor:
        cursor.execute("set session_replication_role = replica")
        cursor.execute("update sealed.access set asked_at = asked_at - interval '10 minutes'")
    with pytest.raises(NotShown, match="ten minutes"):
        read_as(cast.investigator, made)


def test_nobody_reads_on_somebody_elses_request(cast, person):
    made = asked(person, cast.investigator)
    second = study.make_user("second", Role.INVESTIGATOR, cast.site)
    with pytest.raises(NotShown, match="Somebody else"):
        read_as(second, made)
    assert read_as(cast.investigator, made)


@pytest.mark.req("R-46")
@pytest.mark.parametrize("name", ["coordinator", "sponsor", "investigator2", "statistician"])
def test_the_database_itself_refuses_who_is_no_investigator_of_the_site(cast, person, name):
    with pytest.raises(NotShown, match="Only an investigator"):
        asked(person, cast.users[name])
    assert not Unblinding.objects.exists()


def test_who_is_not_randomised_has_no_arm(cast, person):
    with pytest.raises(NotShown, match="not randomised"):
        asked(ready(cast.site), cast.investigator)


# --- what it takes --------------------------------------------------------------------------------
@pytest.mark.req("R-47")
@pytest.mark.parametrize("reason", ["", "urgent", "   urgent    "])
def test_a_reason_says_at_least_ten_characters(cast, person, reason):
    with pytest.raises(Refused) as refused:
        request_arm(
            participant=person,
            asking=asking(cast.investigator, reason=reason),
            by=as_investigator(cast.investigator),
        )
    assert set(refused.value.errors) == {"reason"}
    assert not Unblinding.objects.exists()


def test_the_database_wants_the_reason_too(cast, person):
    with sealed_session() as cursor:
        acting(cursor, cast.investigator)
        with pytest.raises(psycopg2.errors.CheckViolation, match="says_why"):
            cursor.execute("select sealed.request_arm(%s, 'other', 'short')", [person.pk])


@pytest.mark.req("R-27")
def test_a_wrong_password_asks_for_nothing_and_is_counted(cast, person, accesses):
    by = as_investigator(cast.investigator)
    wrong = asking(cast.investigator, password="wrong")
    for _n in range(4):
        with pytest.raises(Refused):
            request_arm(participant=person, asking=wrong, by=by)
    with pytest.raises(TooManyFailures):
        request_arm(participant=person, asking=wrong, by=by)
    assert accesses() == []
    assert Event.objects.filter(kind="act:reauth_failed", details__act="unblind").count() == 5


# --- what follows ---------------------------------------------------------------------------------
@pytest.mark.req("R-47")
def test_sponsor_and_safety_officer_are_told_without_the_arm(cast, person):
    made = asked(person, cast.investigator)
    read_as(cast.investigator, made)
    for user in (cast.sponsor, cast.safety):
        item = Item.objects.visible_to(user).get()
        assert item.participant_code == person.code
        assert item.params == {
            "kind": "emergency", "category": "reaction", "unblinding": made.pk
        }  # fmt: skip
    assert not Item.objects.visible_to(cast.coordinator).exists()


def test_the_participant_stays_in_the_study(cast, person):
    before = person.visits.filter(status="planned").count()
    read_as(cast.investigator, asked(person, cast.investigator))
    person.refresh_from_db()
    assert person.status == Status.ENROLLED
    assert person.visits.filter(status="planned").count() == before


@pytest.mark.req("R-46")
def test_nothing_that_everybody_may_read_differs_by_arm(cast, person, arms, admin_connection):
    """What is written for a participant of either arm is the same but for ids and times."""
    people = {arms()[0][3]: person}
    while len(people) < 2:
        other = ready(cast.site)
        randomised(other, cast.investigator)
        people[{row[0]: row[3] for row in arms()}[other.pk]] = other
    told = {}
    for arm, one in people.items():
        last = Event.objects.latest("id").pk
        read_as(cast.investigator, asked(one, cast.investigator))
        rows = Event.objects.filter(id__gt=last).order_by("id")
        told[arm] = [
            (e.kind, e.table_name, e.fields, sorted(e.new or {}), e.reason)
            for e in rows
            if not e.table_name.startswith("access_")
        ]
    assert told["A"] == told["B"]


WITHOUT_REQUEST = (
    "insert into randomization_unblinding (kind, category, reason, requested_at, requested_by,"
    " participant_id, access_id) select 'emergency', 'other', reason, now(), 'x',"
    " participant_id, access_id + 1 from randomization_unblinding"
)
MUST_NOT = {
    "as_app": [
        "update randomization_unblinding set reason = 'another reason altogether'",
        "update randomization_unblinding set read_at = now(), read_by = 'x'",
        "delete from randomization_unblinding",
        "delete from randomization_wholearned",
        WITHOUT_REQUEST,
    ],
    "as_owner": [
        "update randomization_unblinding set reason = 'another reason altogether'",
        "update randomization_unblinding set read_at = now()",
        "delete from randomization_unblinding",
    ],
}


@pytest.mark.req("R-47")
@pytest.mark.parametrize(("login", "statement"), [(k, s) for k, v in MUST_NOT.items() for s in v])
def test_the_record_is_irrevocable(
    cast, person, app_connection, owner_connection, login, statement
):
    read_as(cast.investigator, asked(person, cast.investigator))
    connection = {"as_app": app_connection, "as_owner": owner_connection}[login]
    connection.autocommit = False
    with connection.cursor() as cursor:
        cursor.execute("select set_config('app.context', '{\"actor\": \"x\"}', true)")
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute(statement)
    connection.rollback()


# --- whatever else is down ------------------------------------------------------------------------
@pytest.mark.req("R-48")
def test_a_mail_that_can_not_be_sent_waits_and_keeps_nobody(cast, person, settings):
    edit_user(
        user=cast.sponsor, changes={"email": "sponsor@example.org"}, by=study.SETUP, reason="new"
    )
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert read_as(cast.investigator, asked(person, cast.investigator))
    assert mailing.send_waiting() == 0
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert mailing.send_waiting() == 1
    assert mailing.send_waiting() == 0
    (message,) = mail.outbox
    assert message.to == ["sponsor@example.org"]
    assert person.code in message.subject
    assert "UC-MSC plus" not in message.body


# --- together with others -------------------------------------------------------------------------
@pytest.mark.req("F-008")
def test_unblinding_and_locking_the_same_participant_go_on_at_once(cast, person):
    def unblind():
        return read_as(cast.investigator, asked(person, cast.investigator))

    def hold():
        return lock(Scope.PARTICIPANT, person)

    def run(job):
        try:
            return job()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        done = list(pool.map(run, [unblind, hold, unblind, unblind, unblind]))
    assert all(done)
    assert Unblinding.objects.filter(read_at__isnull=False).count() == 4


@pytest.mark.req("F-008")
def test_two_that_lock_in_opposite_order_both_come_through(cast):
    people = [study.screened(cast.site).pk, study.screened(cast.site).pk]
    meet, tries = Barrier(2, timeout=20), []

    def work(order):
        def act():
            tries.append(order)
            with transaction(by=study.SETUP):
                Participant.objects.select_for_update().get(pk=order[0])
                if tries.count(order) == 1:
                    meet.wait()
                Participant.objects.select_for_update().get(pk=order[1])
            return True

        try:
            return again_if_torn(act)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(work, [tuple(people), tuple(reversed(people))])) == [True, True]
    # The one that the database undid began again; on a slow machine it may meet the other anew.
    assert len(tries) > 2


def test_a_locked_study_does_not_keep_an_emergency(cast, person):
    lock(Scope.STUDY, person)
    assert read_as(cast.investigator, asked(person, cast.investigator))


def test_the_tests_use_the_login_of_production():
    assert "ct_sealed" in os.environ["SEALED_DATABASE_URL"]
