"""Fixtures for all tests; the servers and the environment come from tests/servers.py."""

import os
from collections.abc import Iterator
from contextlib import closing

import psycopg2
import pytest
import redis
import time_machine
from django.core.cache import cache
from django.db import connection, connections
from django.test import TransactionTestCase
from django.utils import translation
from hypothesis import settings as hypothesis_settings
from playwright.sync_api import expect
from psycopg2.extensions import connection as Connection  # noqa: N812

import trial.celery  # noqa: F401 - the application that hints are sent through
from tests import chromium, databases
from tests.factories import study

hypothesis_settings.register_profile("local", deadline=None)
hypothesis_settings.register_profile("ci", deadline=None, derandomize=True, database=None)
hypothesis_settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "local")
)


# --- database -----------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def django_db_setup(django_test_environment, django_db_blocker) -> Iterator[None]:
    """This worker's database, a copy of the migrated template, used with ct_app's rights."""
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        databases.make_template()
        databases.copy_template()
        cleaner = databases.Cleaner(os.environ["ADMIN_DATABASE_URL"])
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: cleaner.clean())
        yield
        connections.close_all()


@pytest.fixture
def fresh_database(transactional_db) -> None:
    """A database of the test's own: it may commit, other processes may connect."""


def connect(variable: str) -> Iterator[Connection]:
    """A connection of its own that commits each statement."""
    with closing(psycopg2.connect(os.environ[variable])) as connection:
        connection.autocommit = True
        yield connection


@pytest.fixture
def admin_connection(django_db_setup) -> Iterator[Connection]:
    """A superuser's session on this worker's database. It sees only what has been committed."""
    yield from connect("ADMIN_DATABASE_URL")


@pytest.fixture
def owner_connection(django_db_setup) -> Iterator[Connection]:
    """A session of ct_owner on this worker's database."""
    yield from connect("OWNER_DATABASE_URL")


@pytest.fixture
def app_connection(django_db_setup) -> Iterator[Connection]:
    """A session of ct_app outside Django, as another process would have."""
    yield from connect("DATABASE_URL")


@pytest.fixture
def valkey() -> "Iterator[redis.Redis[bytes]]":
    """This worker's own Valkey database, empty."""
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        client.flushdb()
        yield client
        client.flushdb()


@pytest.fixture(autouse=True)
def _english() -> None:
    """The language of a request must not run from one test into the next of the same thread."""
    translation.activate("en")


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    """Rates counted in the cache must not run from one test into the next."""
    cache.clear()


# --- browser ------------------------------------------------------------------------------------
expect.set_options(timeout=20_000)  # two cores, two browsers and their servers: never a guess


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args, playwright):
    """Launch the Chromium that can be had here; each browser test fails with a sentence if none."""
    with databases.alone("chromium"):
        try:
            path = chromium.find(playwright)
        except chromium.NoBrowserError as error:
            pytest.fail(str(error), pytrace=False)
    return {**browser_type_launch_args, "executable_path": path, "args": chromium.arguments()}


# --- people and places --------------------------------------------------------------------------
@pytest.fixture
def cast(db) -> study.Cast:
    """Two sites, their laboratories, a user of every role, and one outsider.

    As the template keeps them, unless the test has set the clock: they are of its time then.
    """
    if time_machine.escape_hatch.is_travelling():
        return study.make_cast()
    with connection.cursor() as cursor:
        cursor.execute("SELECT stock.lay_out()")
    return study.find_cast()


@pytest.fixture
def sign_in(client):
    """`sign_in(user)`: the test client, signed in as that user."""

    def enter(user):
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return enter
