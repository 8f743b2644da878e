"""The embedded servers and the logins: started, reused, refused with a sentence, stopped."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections import namedtuple
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
import redis

from trial import database, embedded
from trial import servers as parts
from trial.embedded import servers
from trial.servers import EmbeddedError

ROOT = Path(__file__).resolve().parents[2]
GIVEN = {"SECRET_KEY": "given"}


def ask(url, statement):
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


@pytest.fixture
def pair(tmp_path):
    """Servers of a folder of the test's own; durable, as `make run` starts them."""
    made = servers(tmp_path / "data")
    yield made
    made.stop()


@pytest.fixture
def started(pair):
    """Those servers, started, with their variables."""
    return pair.start(GIVEN)


# --- start, reuse, stop ---------------------------------------------------------------------------
def test_data_and_passwords_outlive_a_stop(pair, started):
    with database.connected(started["OWNER_DATABASE_URL"]) as cursor:
        cursor.execute("CREATE TABLE kept AS SELECT 42 AS value")
    with redis.Redis.from_url(started["REDIS_URL"]) as client:
        client.set("kept", "yes")
    pair.stop()
    assert (pair.postgres.pid(), pair.valkey.pid()) == (0, 0)

    again = servers(pair.folder)
    variables = again.start(GIVEN)

    assert ask(variables["OWNER_DATABASE_URL"], "SELECT value FROM kept") == 42
    with redis.Redis.from_url(variables["REDIS_URL"]) as client:
        assert client.get("kept") == b"yes"


def test_second_start_uses_the_running_servers(pair, started):
    pids = pair.postgres.pid(), pair.valkey.pid()
    other = servers(pair.folder)
    assert other.start(GIVEN) == started
    assert (other.postgres.pid(), other.valkey.pid()) == pids


def test_server_that_ended_is_started_again(pair, started):
    assert pair.mend() == []
    os.kill(pair.valkey.pid(), signal.SIGKILL)
    parts.wait_gone(pair.valkey.pid(), "valkey", 10)
    assert pair.mend() == ["Valkey"]


def test_crash_loses_nothing_committed_and_leaves_no_obstacle(pair, started):
    with database.connected(started["OWNER_DATABASE_URL"]) as cursor:
        cursor.execute("CREATE TABLE kept AS SELECT 42 AS value")
    pid = pair.postgres.pid()
    os.kill(pid, signal.SIGQUIT)
    assert parts.wait_gone(pid, str(pair.postgres.data), 10)
    # The process id in the file a crash leaves behind may by now be somebody else's.
    stale = pair.postgres.data / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{pair.postgres.data}\n1\n5432\n\n127.0.0.1\n\nready\n")
    assert pair.postgres.pid() == 0
    pair.start(GIVEN)
    assert ask(started["OWNER_DATABASE_URL"], "SELECT value FROM kept") == 42


def test_port_taken_meanwhile_is_replaced(pair, started):
    pair.stop()
    taken = int(pair.memory.values["postgres_port"])
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", taken))
        other.listen()
        variables = servers(pair.folder).start(GIVEN)
    assert f":{taken}/" not in variables["DATABASE_URL"]
    assert ask(variables["DATABASE_URL"], "SELECT 1") == 1


def test_folder_closed_to_others_is_no_obstacle(tmp_path):
    """A fresh checkout by root often lies below a folder of mode 0700."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    pair = servers(closed / "data", durable=False)
    try:
        assert ask(pair.start(GIVEN)["DATABASE_URL"], "SELECT 1") == 1
    finally:
        pair.stop()


def test_only_what_the_environment_does_not_name_is_started(pair):
    found = pair.start({**GIVEN, "DATABASE_URL": "postgres://elsewhere/trial"})
    assert set(found) == {"REDIS_URL"}
    assert pair.postgres.pid() == 0


# --- settings -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("data_checksums", "on"),
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
        ("listen_addresses", "127.0.0.1"),
        ("password_encryption", "scram-sha-256"),
        ("server_encoding", "UTF8"),
    ],
)
def test_postgresql_setting(embedded_run, setting, value):
    assert ask(embedded_run["DATABASE_URL"], f"SHOW {setting}") == value


def test_valkey_keeps_what_it_is_given(embedded_run):
    with redis.Redis.from_url(embedded_run["REDIS_URL"]) as client:
        assert client.config_get("append*")["appendonly"] == "yes"
        assert client.config_get("append*")["appendfsync"] == "everysec"
        assert client.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"


def test_valkey_refuses_without_password(embedded_run):
    port = embedded_run["REDIS_URL"].rpartition(":")[2].partition("/")[0]
    with (
        redis.Redis(port=int(port)) as client,
        pytest.raises(redis.AuthenticationError),
    ):
        client.ping()


def test_postgresql_refuses_a_wrong_password(embedded_run):
    wrong = database.elsewhere(embedded_run["DATABASE_URL"], "trial").replace("ct_app:", "ct_app:x")
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(wrong)


def test_passwords_are_closed_to_others(embedded_run):
    folder = Path(embedded_run["DATA_DIR"])
    assert (folder / "servers.json").stat().st_mode & 0o777 == 0o600
    assert (folder / "valkey" / "valkey.conf").stat().st_mode & 0o777 == 0o600


@pytest.fixture(scope="module")
def embedded_run(tmp_path_factory):
    """The variables of one pair of durable servers, for tests that only look."""
    pair = servers(tmp_path_factory.mktemp("run") / "data")
    yield {**pair.start(GIVEN), "DATA_DIR": str(pair.folder)}
    pair.stop()


# --- refusals, each one sentence ------------------------------------------------------------------
def test_half_made_folder_is_refused(pair):
    pair.postgres.data.mkdir()
    (pair.postgres.data / "base").mkdir()
    with pytest.raises(EmbeddedError, match="is not a complete PostgreSQL folder"):
        pair.start(GIVEN)


def test_left_over_of_an_interrupted_creation_is_made_anew(pair):
    making = pair.postgres.data.with_name("postgres.making")
    (making / "base").mkdir(parents=True)
    assert ask(pair.start(GIVEN)["DATABASE_URL"], "SELECT 1") == 1
    assert not making.exists()


def test_folder_of_another_version_is_refused(pair, started):
    pair.stop()
    (pair.postgres.data / "PG_VERSION").write_text("17\n")
    with pytest.raises(EmbeddedError, match="was made by PostgreSQL 17, this is 18"):
        pair.start(GIVEN)


def test_lost_passwords_are_named(pair, started):
    pair.stop()
    pair.memory.path.unlink()
    with pytest.raises(EmbeddedError, match=r"The passwords of .* are missing"):
        servers(pair.folder).start(GIVEN)


def test_damaged_passwords_are_named(tmp_path):
    (tmp_path / "servers.json").write_text("{")
    with pytest.raises(EmbeddedError, match="is damaged"):
        servers(tmp_path)


def test_full_disk_is_named_before_anything_is_written(tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(10**9, 10**9 - 5, 5))
    with pytest.raises(EmbeddedError, match=r"The disk that holds .* is full"):
        servers(tmp_path / "data")


def test_disk_that_fills_up_later_is_named(pair, tmp_path, monkeypatch):
    programs = tmp_path / "bin"
    programs.mkdir()
    initdb = programs / "initdb"
    initdb.write_text(
        "#!/bin/sh\necho 'initdb: could not write: No space left on device'\nexit 1\n"
    )
    initdb.chmod(0o755)
    (programs / "postgres").symlink_to(parts.POSTGRES_BIN / "postgres")
    monkeypatch.setattr(parts, "POSTGRES_BIN", programs)
    with pytest.raises(EmbeddedError, match=r"The disk that holds .* is full"):
        pair.start(GIVEN)
    assert not pair.postgres.data.exists()


def test_file_in_place_of_the_folder_is_named(tmp_path):
    (tmp_path / "data").touch()
    with pytest.raises(EmbeddedError, match="cannot be used"):
        servers(tmp_path / "data")


def test_command_line_says_one_sentence(tmp_path):
    (tmp_path / "servers.json").write_text("{")
    done = subprocess.run(
        [sys.executable, "-m", "trial.embedded", "start"],
        env={**os.environ, "DATA_DIR": str(tmp_path)}, cwd=ROOT, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_exec_runs_a_command_with_the_variables(tmp_path):
    code = "import json, os; print(json.dumps(dict(os.environ)))"
    clean = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    folder = {**clean, "DATA_DIR": str(tmp_path / "data"), "DATABASE_NAME": "other"}
    done = subprocess.run(
        [sys.executable, "-m", "trial.embedded", "exec", "--", sys.executable, "-c", code],
        env=folder, cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    try:
        seen = json.loads(done.stdout)
        assert seen["LOCAL"] == "1"
        assert seen["DATABASE_URL"].endswith("/other")
        assert ask(seen["DATABASE_URL"], "SELECT current_user") == "ct_app"
    finally:
        assert embedded.main(["status"]) == 0
        servers(tmp_path / "data").stop()


# --- logins and rights ----------------------------------------------------------------------------
@pytest.mark.req("R-35")
@pytest.mark.parametrize("login", database.LOGINS)
def test_no_login_of_ours_has_powers(admin_connection, login):
    with admin_connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication, rolcanlogin"
            " FROM pg_roles WHERE rolname = %s",
            [login],
        )
        assert cursor.fetchone() == (False, False, False, False, False, True)


@pytest.mark.req("R-35")
def test_application_owns_nothing(admin_connection):
    with admin_connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE pg_get_userbyid(relowner) <> 'ct_owner'"
                       " AND relnamespace = 'public'::regnamespace")  # fmt: skip
        assert cursor.fetchall() == []
        cursor.execute(
            "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
        )
        assert cursor.fetchone() == ("ct_owner",)


@pytest.fixture
def made_by_owner(owner_connection):
    """A table that ct_owner makes, as a migration would, with no grant of its own."""
    with owner_connection.cursor() as cursor:
        cursor.execute("CREATE TABLE new_table (id bigint GENERATED ALWAYS AS IDENTITY, name text)")
        yield
        cursor.execute("DROP TABLE new_table")


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM new_table",
        "INSERT INTO new_table (name) VALUES ('a')",
        "UPDATE new_table SET name = 'b'",
    ],
)
def test_application_may(made_by_owner, app_connection, statement):
    with app_connection.cursor() as cursor:
        cursor.execute(statement)
        assert cursor.statusmessage


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM new_table",
        "TRUNCATE new_table",
        "DROP TABLE new_table",
        "ALTER TABLE new_table DISABLE TRIGGER ALL",
        "CREATE TABLE mine ()",
        "CREATE SCHEMA mine",
        "SET ROLE ct_owner",
        "SET session_replication_role = replica",
    ],
)
def test_application_may_not(made_by_owner, app_connection, statement):
    with (
        app_connection.cursor() as cursor,
        pytest.raises(psycopg2.errors.InsufficientPrivilege),
    ):
        cursor.execute(statement)


def test_sealed_login_sees_no_table(made_by_owner):
    with (
        closing(psycopg2.connect(os.environ["SEALED_DATABASE_URL"])) as connection,
        connection.cursor() as cursor,
        pytest.raises(psycopg2.errors.InsufficientPrivilege),
    ):
        cursor.execute("SELECT * FROM public.new_table")


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("statement_timeout", "30s"),
        ("lock_timeout", "5s"),
        ("idle_in_transaction_session_timeout", "1min"),
        ("TimeZone", "UTC"),
    ],
)
def test_application_session_is_limited(app_connection, setting, value):
    with app_connection.cursor() as cursor:
        cursor.execute(f"SHOW {setting}")
        assert cursor.fetchone() == (value,)


@pytest.mark.django_db
def test_tests_themselves_use_the_application_login():
    assert ask(os.environ["DATABASE_URL"], "SELECT current_user") == "ct_app"


def test_preparing_twice_changes_nothing(admin_connection, app_connection):
    catalogue = (
        "SELECT array_agg(d::text ORDER BY d::text) FROM ("
        "SELECT datacl::text || datdba FROM pg_database WHERE datname = current_database()"
        " UNION ALL SELECT nspacl::text FROM pg_namespace WHERE nspname = 'public'"
        " UNION ALL SELECT defaclacl::text FROM pg_default_acl) AS all_rights(d)"
    )
    with admin_connection.cursor() as cursor:
        cursor.execute(catalogue)
        before = cursor.fetchone()
        admin, name, passwords = database.from_environment(os.environ)
        database.prepare(admin, name, passwords)
        cursor.execute(catalogue)
        assert cursor.fetchone() == before


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"ADMIN_DATABASE_URL": ""}, "Not set: ADMIN_DATABASE_URL"),
        ({"DATABASE_URL": "postgres://postgres:x@h/t"}, "must log in as ct_app"),
        ({"DATABASE_URL": "postgres://ct_app@h/t"}, "must log in as ct_app with a password"),
        ({"DATABASE_URL": "postgres://ct_app:x@h/other"}, "must name the same database"),
    ],
)
def test_wrong_variables_for_the_roles_are_named(change, sentence):
    with pytest.raises(ValueError, match=sentence):
        database.from_environment({**os.environ, **change})
