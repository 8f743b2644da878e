"""A process that dies between slot and commit leaves no trace but a free slot."""

import os
import signal
import subprocess
import sys
from contextlib import closing

import psycopg2
import pytest

from randomization.models import Allocation
from tests.factories import study
from tests.factories.allocation import list_in_force, randomised, ready, stocked
from tests.faults.processes import ROOT, kill, running, wait_until
from trial.audit.models import Event
from trial.embedded import servers
from visits.models import Bag

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "sealed"])


@pytest.fixture
def going():
    cast = study.make_cast()
    list_in_force(cast.site)
    stocked(cast.site, {"A": 5, "B": 5})
    return cast


def taken(admin_connection):
    with admin_connection.cursor() as cursor:
        cursor.execute("select number, participant_id from sealed.slot where taken_at is not null")
        return cursor.fetchall()


@pytest.mark.req("F-003")
def test_killed_before_the_commit_the_next_participant_gets_the_slot(
    going, tmp_path, admin_connection
):
    person, other = ready(going.site), ready(going.site)
    marker = tmp_path / "taken"
    arguments = ("-m", "tests.faults.randomising", person.code, "investigator", str(marker))
    with running(*arguments) as process:
        wait_until(marker.exists, "slot and bags are taken")
        kill(process)
    assert randomised(other, going.investigator).slot == 1
    assert taken(admin_connection) == [(1, other.pk)]
    assert Bag.objects.filter(state="reserved").count() == 1
    assert Event.objects.filter(kind="act:randomised").count() == 1
    assert randomised(person, going.investigator).slot == 2
    assert Allocation.objects.count() == 2


@pytest.mark.req("F-007")
def test_what_was_acknowledged_before_the_database_was_killed_is_there_afterwards(tmp_path):
    """A cluster of the test's own, whose commits wait for the disk; kill -9 of its postmaster."""
    pair = servers(tmp_path / "data", durable=True)
    environment = {**os.environ, **pair.start({"REDIS_URL": "not used"})}
    try:
        manage(environment, "migrate", "--noinput", DATABASE_URL=environment["OWNER_DATABASE_URL"])
        told = tmp_path / "told"
        with running("-m", "tests.faults.randomising_many", str(told), **environment) as process:
            wait_until(lambda: lines(told) >= 8, "eight participants are randomised", 120)
            os.kill(pair.postgres.pid(), signal.SIGKILL)
            wait_until(lambda: process.poll() is not None, "the process sees it", 60)
        pair.start({"REDIS_URL": "not used"})
        with closing(psycopg2.connect(environment["ADMIN_DATABASE_URL"])) as connection:
            compare(connection.cursor(), told.read_text().split("\n"))
    finally:
        pair.stop()


def lines(path):
    return len(path.read_text().splitlines()) if path.exists() else 0


def manage(environment, *arguments, **changes):
    command = [sys.executable, "manage.py", *arguments]
    subprocess.run(command, cwd=ROOT, env={**environment, **changes}, check=True)


def compare(cursor, told):
    """Everything acknowledged is stored, and slots, allocations and bags agree to the last one."""
    cursor.execute(
        "select p.code, a.number, a.slot, s.number, b.id is not null"
        " from randomization_allocation a join patients_participant p on p.id = a.participant_id"
        " full join sealed.slot s on s.participant_id = a.participant_id"
        " left join visits_bag b on b.reserved_for_id = a.participant_id"
        " where a.id is not null or s.participant_id is not null order by a.slot"
    )
    stored = cursor.fetchall()
    assert {f"{code} {number}" for code, number, *_rest in stored} >= {
        line for line in told if line
    }
    assert (
        [row[2] for row in stored] == [row[3] for row in stored] == list(range(1, len(stored) + 1))
    )
    assert all(row[4] for row in stored)
