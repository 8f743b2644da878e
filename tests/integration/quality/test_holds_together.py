"""No write slips behind a lock that is being placed, and neither waits for the other for ever."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event as Signal

import pytest
from django.db import DatabaseError, connection, connections

from labs.models import Result
from tests.factories import study
from tests.integration.quality.holding import MANAGER, lock, place_at
from trial.access.exceptions import Refused
from trial.audit.context import Actor, transaction
from trial.quality.exceptions import Locked
from trial.quality.models import Hold, Scope
from trial.quality.services import holds

pytestmark = [pytest.mark.usefixtures("fresh_database"), pytest.mark.req("R-21")]
BY = Actor.system("test")


@pytest.fixture
def person():
    site = study.make_site()
    found = study.enrolled(site)
    study.enter(found, "D0", study.RELAPSE_COURSE["D0"], study.make_laboratory(site, "L"))
    return found


def apart(act):
    """Run in a thread with its own connection."""

    def run():
        try:
            return act()
        except (Refused, Locked, DatabaseError) as error:
            return error
        finally:
            connections.close_all()

    return run


def waits_for_advisory_lock(app_connection) -> bool:
    with app_connection.cursor() as cursor:
        cursor.execute("select count(*) from pg_locks where locktype = 'advisory' and not granted")
        return bool(cursor.fetchone()[0])


def until(condition) -> None:
    for _ in range(20_000):
        if condition():
            return
    pytest.fail("it never came to that")


def test_a_lock_waits_for_the_write_under_way_and_holds_from_then_on(person, app_connection):
    written, may_commit = Signal(), Signal()

    def write():
        with transaction(by=BY):
            Result.objects.filter(analyte="ALT").update(text="299")
            written.set()
            assert may_commit.wait(20)
        return "saved"

    with ThreadPoolExecutor(2) as pool:
        writer = pool.submit(apart(write))
        assert written.wait(20)
        locker = pool.submit(apart(lambda: lock(Scope.PARTICIPANT, person)))
        until(lambda: waits_for_advisory_lock(app_connection))
        assert not Hold.objects.exists()
        may_commit.set()
        assert writer.result() == "saved"
        assert isinstance(locker.result(), Hold)
    assert Result.objects.get(analyte="ALT").text == "299"


def test_a_write_that_begins_while_a_lock_is_placed_is_refused(person, app_connection):
    checking, go_on = Signal(), Signal()

    def ask(_scope, _place):
        checking.set()
        assert go_on.wait(20)
        return ()

    def place():
        return holds.lock(
            scope=Scope.PARTICIPANT, place=place_at(Scope.PARTICIPANT, person), reason="x",
            by=MANAGER, missing=ask,
        )  # fmt: skip

    def write():
        with transaction(by=BY):
            Result.objects.filter(analyte="ALT").update(text="299")

    with ThreadPoolExecutor(2) as pool:
        locker = pool.submit(apart(place))
        assert checking.wait(20)
        writer = pool.submit(apart(write))
        until(lambda: waits_for_advisory_lock(app_connection))
        go_on.set()
        assert isinstance(locker.result(), Hold)
        assert Locked.of(writer.result()) is not None
    assert Result.objects.get(analyte="ALT").text == "300"


@pytest.mark.req("F-008")
def test_a_write_that_does_not_end_makes_the_lock_give_up_with_a_sentence(person, monkeypatch):
    monkeypatch.setattr(holds, "PATIENCE", "50ms")
    written, may_commit = Signal(), Signal()

    def write():
        with transaction(by=BY):
            Result.objects.filter(analyte="ALT").update(text="299")
            written.set()
            assert may_commit.wait(20)

    with ThreadPoolExecutor(1) as pool:
        writer = pool.submit(apart(write))
        assert written.wait(20)
        with pytest.raises(Refused, match="try again"):
            lock(Scope.PARTICIPANT, person)
        may_commit.set()
        writer.result()
    assert not Hold.objects.exists()


@pytest.mark.req("F-008")
def test_screening_and_locking_the_same_site_take_their_locks_in_the_same_order(person):
    """Both want the site's row and the advisory lock; each round must end with either answer."""
    with ThreadPoolExecutor(4) as pool:
        for _round in range(5):
            screens = [pool.submit(apart(lambda: study.screened(person.site))) for _ in range(3)]
            locker = pool.submit(apart(lambda: lock(Scope.SITE, person)))
            answers = [job.result() for job in (*screens, locker)]
            codes = [getattr(getattr(a, "__cause__", None), "pgcode", "") for a in answers]
            assert "40P01" not in codes
            for hold in Hold.objects.standing():
                holds.request_unlock(hold=hold, reason="next round", by=MANAGER)
                holds.approve_unlock(hold=hold, reason="next round", by=BY)
    connection.close()
