"""A trigger that is gone, off or replaced is found, recorded, and stops the service."""

import pytest
from django.test import override_settings

from trial.audit import guard
from trial.audit.models import Event
from trial.web import health

pytestmark = pytest.mark.usefixtures("fresh_database")

REMADE = """
create trigger history_no_truncate before truncate on visits_visit
for each statement execute function audit_refuse()
"""
BREAKS = {
    "switched off": (
        "alter table labs_result disable trigger history_update",
        "alter table labs_result enable trigger history_update",
        "trigger history_update on labs_result is switched off",
    ),
    "dropped": (
        "drop trigger history_no_truncate on visits_visit",
        REMADE,
        "trigger history_no_truncate on visits_visit is missing",
    ),
}


@pytest.fixture(params=BREAKS)
def broken(request, owner_connection):
    """One guard out of order; gives the sentence about it."""
    breaks, mends, sentence = BREAKS[request.param]
    with owner_connection.cursor() as cursor:
        cursor.execute(breaks)
        yield sentence
        cursor.execute(mends)


def test_everything_is_in_place_after_the_migrations(db):
    assert guard.differences() == []
    assert guard.rights() == []


def test_every_table_under_history_is_expected(db):
    tables = {table for table, trigger in guard.expected().triggers if trigger == "history_insert"}
    assert {"labs_result", "patients_participant", "access_user", "inbox_item"} <= tables


@pytest.mark.req("R-06")
@pytest.mark.req("F-093")
def test_a_missing_guard_is_named_and_the_service_not_ready(broken, client):
    assert guard.differences() == [broken]
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["guard"] == broken


@pytest.mark.req("R-06")
def test_a_process_that_starts_without_its_guards_refuses_every_page(broken, client, caplog):
    with override_settings(GUARD_SECONDS=60):
        assert client.get("/accounts/login/").status_code == 503
        assert client.get("/healthz").status_code == 200
    assert broken in caplog.text


@pytest.mark.req("R-06")
def test_a_process_with_its_guards_serves(db, client):
    with override_settings(GUARD_SECONDS=60):
        assert client.get("/accounts/login/").status_code == 200


@pytest.mark.req("R-06")
def test_removing_a_guard_leaves_an_event(broken):
    event = Event.objects.get(kind="act:guard_removed")
    assert (event.actor, event.db_user) == ("database:ct_owner", "ct_owner")
    (what,) = event.details["what"]
    assert what.split()[-1].endswith(("labs_result", "visits_visit"))


@pytest.mark.req("R-06")
def test_a_replaced_function_is_found(owner_connection):
    with owner_connection.cursor() as cursor:
        cursor.execute("select pg_get_functiondef('audit_refuse()'::regprocedure)")
        before = cursor.fetchone()[0]
        cursor.execute(
            "create or replace function audit_refuse() returns trigger language plpgsql as"
            " $$ begin return null; end $$"
        )
        try:
            assert guard.differences() == ["function audit_refuse is not the one of this version"]
        finally:
            cursor.execute(before)
    assert guard.differences() == []


@pytest.mark.req("R-35")
def test_the_application_has_no_powers_of_a_superuser_and_owns_nothing(db, owner_connection):
    with owner_connection.cursor() as cursor:
        cursor.execute(
            "select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication"
            " from pg_roles where rolname = 'ct_app'"
        )
        assert cursor.fetchone() == (False,) * 5
        cursor.execute("select count(*) from pg_class where relowner = 'ct_app'::regrole")
        assert cursor.fetchone() == (0,)


def test_health_asks_the_guard():
    assert "guard" in health.DECISIVE
