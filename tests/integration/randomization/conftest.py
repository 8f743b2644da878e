"""Both logins: what web may do, and what pharmacy and unblinding may."""

import os
from contextlib import closing

import psycopg2
import pytest

from tests.factories.allocation import list_in_force, randomised, ready, stocked

BOTH = ["default", "sealed"]


@pytest.fixture(autouse=True)
def both_databases(request, django_db_setup):
    """Every test here commits, on two connections."""
    request.applymarker(pytest.mark.django_db(transaction=True, databases=BOTH))
    request.getfixturevalue("_django_db_helper")


@pytest.fixture
def arms(admin_connection):
    """`arms()`: (participant id, stratum, number, arm) of every taken slot, as a superuser."""

    def read():
        with admin_connection.cursor() as cursor:
            cursor.execute(
                "select participant_id, stratum, number, arm from sealed.slot"
                " where participant_id is not null order by stratum, number"
            )
            return cursor.fetchall()

    return read


@pytest.fixture
def as_web():
    """A session of ct_app: what web, worker and sweeper log in with."""
    with closing(psycopg2.connect(os.environ["DATABASE_URL"])) as connection:
        connection.autocommit = True
        yield connection.cursor()


@pytest.fixture
def person(cast):
    """A participant of site 01, randomised."""
    list_in_force(cast.site)
    stocked(cast.site, {"A": 5, "B": 5})
    person = ready(cast.site)
    randomised(person, cast.investigator)
    person.refresh_from_db()
    return person


@pytest.fixture
def accesses(admin_connection):
    """`accesses()`: (kind, asked by, read or not) of every sealed access, as a superuser."""

    def read():
        with admin_connection.cursor() as cursor:
            cursor.execute("select kind, asked_by, read_at is not null from sealed.access")
            return cursor.fetchall()

    return read
