"""What each login may do with what is sealed: asked of every table and every function there is."""

import os
import subprocess
import sys

import psycopg2
import pytest
from django.conf import settings

from tests.integration.randomization.unblinding import acting, sealed_session

OPEN_TO_WEB = {"allocate", "bags_for"}
RELATIONS = (
    "select c.relname from pg_class c where c.relnamespace = 'sealed'::regnamespace"
    " and c.relkind in ('r', 'v', 'm', 'p') order by 1"
)
FUNCTIONS = (
    "select p.proname, 'null::' || array_to_string(array(select format_type(t, null)"
    " from unnest(p.proargtypes) t), ', null::'), p.pronargs, p.prorettype = 'trigger'::regtype,"
    " has_function_privilege('ct_app', p.oid, 'execute')"
    " from pg_proc p where p.pronamespace = 'sealed'::regnamespace order by 1"
)
UNBLINDED = {"bag_content", "lot_disposition", "lot_test", "donor", "stratum"}
DENIED = psycopg2.errors.InsufficientPrivilege


@pytest.fixture
def catalogue(admin_connection):
    """(relations, functions) of the sealed schema, as a superuser finds them."""
    with admin_connection.cursor() as cursor:
        cursor.execute(RELATIONS)
        relations = [name for (name,) in cursor.fetchall()]
        cursor.execute(FUNCTIONS)
        return relations, cursor.fetchall()


@pytest.mark.req("R-46")
def test_the_web_login_reads_and_writes_no_sealed_table(catalogue, as_web):
    relations, _functions = catalogue
    assert {"list", "slot", "lot", "bag_content", "access", "event"} <= set(relations)
    for name in relations:
        for statement in (
            f"select * from sealed.{name}",
            f"select count(*) from sealed.{name}",
            f"insert into sealed.{name} default values",
            f"delete from sealed.{name}",
        ):
            with pytest.raises(DENIED):
                as_web.execute(statement)


@pytest.mark.req("R-46")
def test_the_web_login_calls_two_functions_and_no_other(catalogue, as_web):
    _relations, functions = catalogue
    assert {name for name, *_rest, may in functions if may} == OPEN_TO_WEB
    for name, arguments, count, is_trigger, may in functions:
        if may or is_trigger:
            continue
        with pytest.raises(DENIED):
            as_web.execute(f"select sealed.{name}({arguments if count else ''})")


@pytest.mark.req("R-46")
def test_the_web_login_becomes_no_other(as_web):
    for role in ("ct_sealed", "ct_owner", "postgres"):
        with pytest.raises(psycopg2.Error):
            as_web.execute(f"set role {role}")


@pytest.mark.req("R-46")
@pytest.mark.parametrize(
    "statement",
    [
        "select * from sealed.slot",
        "select arm from sealed.slot",
        "select seed from sealed.list",
        "select salt from sealed.list",
        "select sealed.leaf(e) from sealed.event e",
        "select sealed.holds(1, 'investigator', 1)",
        "select sealed.agreed()",
        "update sealed.slot set arm = 'A'",
        "update sealed.access set read_at = null",
        (
            "insert into sealed.access (kind, list_id, reason, asked_by, xid)"
            " values ('list', 1, 'as if it were committed', 'x', '3')"
        ),
        (
            "insert into sealed.access (kind, list_id, reason, asked_by, asked_at)"
            " values ('list', 1, 'as if it were to come', 'x', now() + interval '1 year')"
        ),
        (
            "insert into sealed.access (kind, participant_id, reason, asked_by)"
            " values ('participant', 1, 'without its record', 'x')"
        ),
        (
            "insert into sealed.slot (list_id, stratum, number, arm, participant_id, taken_at)"
            " values (1, '01-naive', 1, 'A', 1, now())"
        ),
        "insert into sealed.list (state) values ('active')",
        "delete from sealed.access",
        "insert into randomization_unblinding (kind) values ('planned')",
        "select * from labs_result",
    ],
)
def test_the_sealed_login_has_no_way_around_a_request(cast, statement):
    with sealed_session() as cursor:
        acting(cursor, cast.statistician)
        with pytest.raises(DENIED):
            cursor.execute(statement)


@pytest.mark.req("R-46")
def test_the_trail_of_what_is_sealed_tells_the_arm_of_no_slot(cast, person):
    with sealed_session() as cursor:
        cursor.execute("select distinct table_name from sealed.event")
        assert {"list", "lot", "access"} >= {name for (name,) in cursor.fetchall()} - UNBLINDED
        cursor.execute("select count(*) from sealed.event where table_name = 'slot'")
        assert cursor.fetchone() == (0,)


@pytest.mark.req("R-46")
def test_without_the_sealed_login_a_process_has_no_sealed_page():
    """A web process as production starts it: no alias, no address, yet a link for the menu."""
    probe = (
        "import django; django.setup();"
        "from django.conf import settings; from django.urls import resolve, Resolver404\n"
        "try: resolve('/sealed/trail/'); found = True\n"
        "except Resolver404: found = False\n"
        "from trial.web.sealed import sealed_address\n"
        "print('sealed' in settings.DATABASES, found, sealed_address('unblinding:trail'))"
    )
    without = {k: v for k, v in os.environ.items() if k != "SEALED_DATABASE_URL"}
    done = subprocess.run(
        [sys.executable, "-c", probe], cwd=settings.BASE_DIR, capture_output=True, check=True,
        env=without | {"SEALED_PAGES": "1", "DJANGO_SETTINGS_MODULE": "trial.settings"},
    )  # fmt: skip
    assert done.stdout.decode().split() == ["False", "False", "/sealed/trail/"]
