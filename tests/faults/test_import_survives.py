"""An import is whole or not at all, whatever dies; people who enter data meanwhile get through."""

import os
import threading
from contextlib import closing, contextmanager

import psycopg2
import pytest
from django.db import connection, connections

from labs.models import ImportBatch, ImportProgress, Panel, Result
from labs.selectors import pending
from labs.services import import_apply, imports
from labs.services.import_progress import progress_of
from tests.factories import study
from tests.faults.processes import kill, running, wait_until
from tests.integration.labs.importing import again, bring, by, table
from trial.audit.context import transaction
from visits.models import Status, Visit

SWEEPER = ("manage.py", "sweep", "--loop", "0.2")
WEEKS = ("W12", "W24", "W36", "W48")


@pytest.fixture
def cast(fresh_database):
    return study.make_cast()


@pytest.fixture
def people(cast):
    return [study.enrolled(cast.site) for _ in range(3)]


def content(people, weeks=WEEKS):
    """One value for each week, and one between the windows."""
    rows = []
    for person in people:
        for week in weeks:
            visit = study.visit_of(person, week)
            rows.append(f"{person.code},{week},{visit.target_on},ALT,35,U/L,")
        rows.append(f"{person.code},,2025-02-20,ALT,36,U/L,")
    return table(*rows)


@pytest.fixture
def confirmed(cast, people):
    batch = bring(cast, content(people), apply=False)
    return imports.confirm(batch=batch, by=by(cast))


@contextmanager
def results_locked():
    """Nobody can insert results: whoever tries has written visits and panels before."""
    with closing(psycopg2.connect(os.environ["DATABASE_URL"])) as session:
        with session.cursor() as cursor:
            cursor.execute("lock table labs_result in share mode")
            yield
        session.rollback()


def blocked() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*) from pg_locks where not granted and relation = 'labs_result'::regclass"
        )
        return cursor.fetchone()[0] == 1


def nobody_at_it() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*) from pg_locks where locktype = 'advisory' and classid = %s",
            [imports.LOCK],
        )
        return cursor.fetchone()[0] == 0


def applied(batch: ImportBatch) -> bool:
    return again(batch).status == "applied"


@pytest.mark.req("F-060")
def test_killed_in_the_middle_of_writing_nothing_is_left_and_the_next_one_does_it_all(confirmed):
    with results_locked(), running(*SWEEPER) as sweeper:
        wait_until(blocked, "the import to come to the results")
        assert again(confirmed).status == "applying"
        kill(sweeper)
    wait_until(nobody_at_it, "the killed process's session to end")
    assert not Panel.objects.exists()
    assert not Visit.objects.filter(code__in=[*WEEKS, "UNS"], status=Status.HELD).exists()

    with running(*SWEEPER):
        wait_until(lambda: applied(confirmed), "the import")
        wait_until(lambda: not pending().exists(), "what the import brought to be evaluated")
    assert Result.objects.count() == Panel.objects.count() == 15
    assert ImportProgress.objects.get(batch_id=confirmed.pk).attempts >= 2


def test_killed_while_checking_the_check_begins_again(cast, people):
    batch = bring(cast, content(people), apply=False)
    before = dict(batch.counts)
    # As a process killed in the middle of the check would leave it.
    batch.samples.all().delete()
    with transaction(by=by(cast)):
        ImportBatch.objects.filter(pk=batch.pk).update(status="checking", counts={})
    assert imports.work(batch_id=batch.pk, process="test")
    assert (again(batch).status, again(batch).counts) == ("checked", before)


def test_a_file_that_kills_its_worker_each_time_is_given_up(confirmed):
    with progress_of(confirmed.pk) as progress:
        for _ in range(imports.MAX_STARTS):
            progress.start()
    imports.work(batch_id=confirmed.pk, process="test")
    batch = again(confirmed)
    assert (batch.status, batch.failure["code"]) == ("failed", "attempts")


def test_two_processes_never_work_on_one_file(confirmed, app_connection):
    with app_connection.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(%s, %s)", [imports.LOCK, confirmed.pk])
        assert not imports.work(batch_id=confirmed.pk, process="test")
        assert again(confirmed).status == "confirmed"
        cursor.execute("select pg_advisory_unlock_all()")
    assert imports.work(batch_id=confirmed.pk, process="test")
    assert applied(confirmed)


def test_progress_is_seen_while_nothing_else_of_the_transaction_is(confirmed, monkeypatch):
    reached, go_on = threading.Event(), threading.Event()
    real = import_apply._write_people
    calls = []

    def pause_at_the_third(*args):
        calls.append(args)
        if len(calls) == 3:
            reached.set()
            assert go_on.wait(30)
        real(*args)

    monkeypatch.setattr("labs.services.import_check.PEOPLE", 1)
    monkeypatch.setattr(import_apply, "_write_people", pause_at_the_third)
    with in_thread(lambda: imports.work(batch_id=confirmed.pk, process="test")):
        assert reached.wait(30)
        row = ImportProgress.objects.get(batch_id=confirmed.pk)
        seen = (row.done, row.total, Panel.objects.count())
        go_on.set()
    assert seen == (2, 3, 0)
    assert applied(confirmed)


@pytest.mark.req("F-026")
def test_entry_goes_on_during_imports_and_nobody_deadlocks(cast, people):
    """Two imports of the same people in opposite orders, and entries for all of them between."""
    weeks = ("W4", "W8")
    first = bring(cast, content(people), apply=False)
    second = bring(cast, content(people[::-1], weeks=("W72", "W96")), apply=False, name="b.csv")
    failures: list[Exception] = []

    def guarded(act):
        try:
            act()
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
            failures.append(error)

    def apply(batch):
        imports.confirm(batch=batch, by=by(cast))
        imports.work(batch_id=batch.pk, process="test")

    with (
        in_thread(lambda: guarded(lambda: apply(first))),
        in_thread(lambda: guarded(lambda: apply(second))),
    ):
        for week in weeks:
            for person in people[::-1]:
                guarded(lambda: study.enter(person, week, {"ALT": "40"}, cast.laboratory))  # noqa: B023

    assert failures == []
    assert applied(first)
    assert applied(second)
    # 3 people: 4 + 2 named visits, one unscheduled sample (the same in both files), 2 entered
    assert Panel.objects.count() == 3 * (4 + 2 + 1 + 2)


@contextmanager
def in_thread(act):
    """Run `act` in a thread with a connection of its own; wait for it at the end."""

    def run():
        try:
            act()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        thread.join(60)
        assert not thread.is_alive()
