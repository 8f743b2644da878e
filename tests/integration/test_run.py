"""`make run` as a person meets it: start, look, trouble, Ctrl-C."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import psutil
import pytest

from tests.faults.processes import wait_until
from trial import database, processes
from trial.embedded import servers
from trial.servers import command_of

ROOT = Path(__file__).resolve().parents[2]
GIVEN = {"SECRET_KEY": "given"}


class System:
    """One `python -m trial.run` with an empty study, its output in a file."""

    def __init__(self, folder: Path, **more: str):
        self.folder = folder / "data"
        self.log = folder / "run.log"
        self.port = free_port()
        self.environ = {
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            "DATA_DIR": str(self.folder), "PORT": str(self.port), "DEMO": "0", **more,
        }  # fmt: skip
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "System":
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "trial.run"],
                cwd=ROOT, env=self.environ, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        return self

    def output(self) -> str:
        return self.log.read_text()

    def wait_ready(self) -> None:
        wait_until(lambda: "Ready:" in self.output() or self.ended(), self.output(), 180)
        assert not self.ended(), self.output()

    def ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def refusal(self) -> str:
        """What it says when it ends at once."""
        assert self.process is not None
        assert self.process.wait(60) == 1
        return self.output()

    def pids(self) -> list[int]:
        return [int(pid) for pid in (self.folder / "run.pids").read_text().split()]

    def stop(self) -> int:
        assert self.process is not None
        if not self.ended():
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(90)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def system(folder: Path, **more: str):
    one = System(folder, **more)
    try:
        yield one
    finally:
        one.stop()


@pytest.fixture(scope="module")
def static(tmp_path_factory) -> str:
    """Static files are collected once for this module, as a second run would find them."""
    return str(tmp_path_factory.mktemp("static"))


@pytest.fixture(scope="module")
def running(tmp_path_factory, static):
    """The whole system, up."""
    with system(tmp_path_factory.mktemp("run"), STATIC_ROOT=static) as one:
        one.start().wait_ready()
        yield one


def test_page_is_served(running):
    connection = HTTPConnection("127.0.0.1", running.port, timeout=10)
    connection.request("GET", "/healthz")
    assert connection.getresponse().status == 200
    connection.close()


@pytest.mark.parametrize("name", processes.SERVING)
def test_process_is_healthy(running, name):
    variables = servers(running.folder).start(GIVEN)
    environ = {**running.environ, **variables, "LOCAL": "1"}
    wait_until(lambda: processes.HEALTH[name](environ), f"a healthy {name}")


@pytest.mark.parametrize("name", processes.SERVING)
def test_process_that_is_not_there_is_not_healthy(name):
    absent = {**os.environ, "PORT": str(free_port())}
    if name == "worker":
        absent["REDIS_URL"] = f"redis://127.0.0.1:{free_port()}/0"
    assert processes.HEALTH[name](absent) is False


def test_serving_processes_hold_only_the_application_login(running):
    for pid in running.pids():
        names = psutil.Process(pid).environ()
        assert "postgres://ct_app:" in names["DATABASE_URL"]
        assert not {"OWNER_DATABASE_URL", "ADMIN_DATABASE_URL"} & set(names)


def test_process_that_dies_is_started_again(running):
    before = running.pids()
    sweeper = next(pid for pid in before if "sweep" in command_of(pid))
    os.kill(sweeper, signal.SIGKILL)
    wait_until(lambda: "The sweeper ended with code -9" in running.output(), "the message")

    def another() -> bool:
        """The others with a new sweeper: while it is begun, the list is written anew."""
        now = running.pids()
        return len(now) == len(before) and sweeper not in now

    wait_until(another, "a new sweeper")


def test_server_that_dies_is_started_again(running):
    pair = servers(running.folder)
    os.kill(pair.valkey.pid(), signal.SIGKILL)
    wait_until(lambda: "Valkey had ended and was started again" in running.output(), "the message")


def test_second_run_from_the_same_folder_is_refused(running, tmp_path):
    with system(tmp_path, DATA_DIR=str(running.folder)) as second:
        said = second.start().refusal()
    assert "make run is already running from" in said
    assert "Traceback" not in said
    assert not running.ended()


def test_taken_port_is_named(running, tmp_path):
    with system(tmp_path, PORT=str(running.port)) as second:
        said = second.start().refusal()
    assert f"Port {running.port} cannot be used" in said
    assert "Traceback" not in said
    assert not (second.folder / "postgres").exists()


@pytest.mark.parametrize("port", ["abc", "0", "70000", ""])
def test_port_that_is_none_is_named(tmp_path, port):
    with system(tmp_path, PORT=port) as one:
        assert "is not a port number" in one.start().refusal()


def test_demo_is_refused_with_production_settings(tmp_path):
    with system(tmp_path, DEMO="1", LOCAL="0") as one:
        said = one.start().refusal()
    assert "DEMO=1 shows a simulated study and is refused" in said
    assert not one.folder.exists()


def test_half_made_folder_is_named(tmp_path):
    (tmp_path / "data" / "postgres").mkdir(parents=True)
    with system(tmp_path) as one:
        said = one.start().refusal()
    assert "is not a complete PostgreSQL folder" in said
    assert "Traceback" not in said


def add_user(variables: dict[str, str], name: str) -> None:
    with database.connected(variables["ADMIN_DATABASE_URL"]) as cursor:
        cursor.execute(
            "SET session_replication_role = replica; INSERT INTO access_user (username,"
            " full_name, password, email, language, is_active, must_change_password, created_at)"
            " VALUES (%s, '', '', '', 'en', true, false, now())",
            [name],
        )


def users(variables: dict[str, str]) -> set[str]:
    with database.connected(variables["DATABASE_URL"]) as cursor:
        cursor.execute("SELECT username FROM access_user")
        return {name for (name,) in cursor.fetchall()}


def test_demo_that_was_not_loaded_to_its_end_is_begun_anew(tmp_path, static):
    with system(tmp_path, STATIC_ROOT=static, DEMO="1") as one:
        one.start()
        begun = one.folder / "trial.loading"
        wait_until(lambda: begun.exists() or one.ended(), "the loader", 180)
        assert one.stop() == 0
        pair = servers(one.folder)
        add_user(pair.start(GIVEN), "half-way")
        pair.stop()

        one.start()
        wait_until(lambda: "demo study:" in one.output() or one.ended(), "the loader", 180)
        assert "beginning anew" in one.output()
        assert "half-way" not in users(pair.start(GIVEN))


def test_study_that_somebody_uses_is_never_begun_anew(tmp_path, static):
    """A demo run on a database with users loads nothing, so there is nothing to begin anew."""
    with system(tmp_path, STATIC_ROOT=static) as one:
        one.start().wait_ready()
        pair = servers(one.folder)
        add_user(pair.start(GIVEN), "somebody")
        assert one.stop() == 0

        one.environ["DEMO"] = "1"
        one.start().wait_ready()
        assert "demo study:" not in one.output()
        assert users(pair.start(GIVEN)) == {"somebody"}


def test_ctrl_c_stops_everything_and_the_next_run_clears_up_after_a_kill(tmp_path, static):
    with system(tmp_path, STATIC_ROOT=static) as one:
        one.start().wait_ready()
        pids = one.pids()
        assert one.process is not None
        one.process.kill()  # no chance to stop what it started
        one.process.wait()
        assert any(command_of(pid) for pid in pids)

        one.start().wait_ready()
        assert "left over from a run that was killed" in one.output()
        pids += one.pids()

        assert one.stop() == 0
        assert "Stopped; the data stay in" in one.output()
        assert "Traceback" not in one.output()
        assert [pid for pid in pids if command_of(pid)] == []
        pair = servers(one.folder)
        assert (pair.postgres.pid(), pair.valkey.pid()) == (0, 0)
        assert (one.folder / "postgres" / "PG_VERSION").exists()
