"""Backups without arms, both restored together, and what has to be compared afterwards."""

import os
import subprocess

import pytest
from django.core.management import CommandError, call_command

from randomization.services.allocating import NotAllocated
from tests.factories.allocation import randomised, ready
from trial import database
from trial.servers import POSTGRES_BIN

ADMIN = "ADMIN_DATABASE_URL"


def dumped(folder, name, *options):
    file = folder / name
    command = [POSTGRES_BIN / "pg_dump", "-f", file, *options, os.environ[ADMIN]]
    subprocess.run(command, check=True)
    return file


@pytest.fixture
def restored():
    """`restored(ordinary, sealed)`: a new database made of both, as docs/operations.md says."""
    name = "trial_restored"
    admin = database.elsewhere(os.environ[ADMIN], name)
    with database.connected(os.environ[ADMIN]) as cursor:
        database.drop(cursor, name)
        cursor.execute(f"create database {name} template template0 encoding 'UTF8'")

        def restore(*files):
            for section in ("pre-data", "data", "post-data"):
                for file in files:
                    subprocess.run(
                        [POSTGRES_BIN / "pg_restore", "-d", admin, "--exit-on-error",
                         f"--section={section}", file], check=True,
                    )  # fmt: skip
            return admin

        yield restore
        database.drop(cursor, name)


@pytest.fixture
def next_generation(owner_connection):
    """`next_generation()`: what is done after each restore."""

    def begin():
        with owner_connection.cursor() as cursor:
            cursor.execute(
                "insert into audit_generation (number, started_by, reason)"
                " select max(number) + 1, 'operator', 'restored' from audit_generation"
            )

    return begin


@pytest.mark.req("F-057")
def test_an_ordinary_dump_holds_no_arm(person, tmp_path, arms):
    text = dumped(tmp_path, "trial.sql", "--exclude-schema=sealed").read_text()
    assert person.code in text
    assert "COPY public.randomization_allocation" in text
    assert "COPY sealed." not in text
    assert "CREATE TABLE sealed." not in text
    for lot in ("01-A-0", "01-B-1", "01-A-1", "01-B-0"):
        assert lot not in text
    assert f"\t{arms()[0][3]}\t{person.pk}\t" not in text


@pytest.mark.req("F-057")
def test_both_backups_together_are_the_whole(person, tmp_path, restored, arms):
    files = (
        dumped(tmp_path, "trial.dump", "-Fc", "--exclude-schema=sealed"),
        dumped(tmp_path, "sealed.dump", "-Fc", "--schema=sealed"),
    )
    with database.connected(restored(*files)) as cursor:
        cursor.execute("select participant_id, arm from sealed.slot where arm is not null"
                       " and participant_id is not null")  # fmt: skip
        assert cursor.fetchall() == [(row[0], row[3]) for row in arms()]
        cursor.execute("select * from sealed.unreconciled()")
        assert cursor.fetchall() == []
        cursor.execute("select problem from sealed.verify() union all"
                       " select problem from audit_verify()")  # fmt: skip
        assert cursor.fetchall() == []


@pytest.mark.req("F-143")
@pytest.mark.req("F-022")
def test_after_a_restore_nobody_is_randomised_until_it_was_compared(
    cast, person, next_generation, capsys
):
    next_generation()
    waiting = ready(cast.site)
    with pytest.raises(NotAllocated, match="have not been compared"):
        randomised(waiting, cast.investigator)
    call_command("reconcile_allocation")
    with pytest.raises(CommandError, match="not here"):
        call_command("reconcile_allocation", newest="01-NAIVE-007", by="operator")
    with pytest.raises(NotAllocated):
        randomised(waiting, cast.investigator)
    call_command("reconcile_allocation", newest="01-NAIVE-001", by="operator")
    assert "randomisation goes on" in capsys.readouterr().out
    assert randomised(waiting, cast.investigator).number == "01-NAIVE-002"
    next_generation()
    with pytest.raises(NotAllocated):
        randomised(ready(cast.site), cast.investigator)


@pytest.mark.req("F-143")
@pytest.mark.req("F-022")
@pytest.mark.parametrize(
    ("lost", "problem"),
    [
        ("delete from randomization_allocation", "slot_without_allocation"),
        ("update sealed.slot set participant_id = null, taken_at = null",
         "allocation_without_slot"),
        ("update sealed.slot set number = 1000 where participant_id is not null", "another_slot"),
    ],
)  # fmt: skip
def test_backups_of_two_moments_are_found(
    person, admin_connection, next_generation, capsys, lost, problem
):
    with admin_connection.cursor() as cursor:
        cursor.execute("set session_replication_role = replica")
        cursor.execute(lost)
    next_generation()
    with pytest.raises(CommandError, match="1 differ"):
        call_command("reconcile_allocation", newest="", by="operator")
    assert f"{problem}: participant {person.code}" in capsys.readouterr().out
