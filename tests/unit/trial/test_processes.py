"""The command lines and environments of the processes."""

import sys

import pytest

from reports.demo import load
from reports.management.commands import demo
from trial import processes, run


def option(command: list[str], name: str) -> str:
    return command[command.index(name) + 1]


def test_web_listens_on_loopback_unless_told_otherwise():
    assert option(processes.command("web", {}), "--bind") == "127.0.0.1:8000"
    told = {"HOST": "0.0.0.0", "PORT": "9000", "WEB_WORKERS": "3", "WEB_THREADS": "8"}
    command = processes.command("web", told)
    assert option(command, "--bind") == "0.0.0.0:9000"
    assert option(command, "--workers") == "3"
    assert option(command, "--threads") == "8"


def test_web_finishes_requests_before_it_is_killed():
    graceful = int(option(processes.command("web", {}), "--graceful-timeout"))
    assert graceful < run.STOP_SECONDS


ALL_LOGINS = {
    "DATABASE_URL": "app",
    "OWNER_DATABASE_URL": "owner",
    "ADMIN_DATABASE_URL": "admin",
    "SEALED_DATABASE_URL": "sealed",
}


@pytest.mark.parametrize("name", processes.PROCESSES)
def test_process_runs_with_this_python(name):
    assert processes.command(name, ALL_LOGINS)[0] == sys.executable


@pytest.mark.req("R-46")
@pytest.mark.parametrize("name", processes.SERVING)
def test_serving_process_never_sees_the_other_logins(name):
    environment = processes.environment(name, ALL_LOGINS)
    assert environment == {"DATABASE_URL": "app", "PGAPPNAME": name}


def test_on_one_machine_the_web_process_has_the_sealed_pages_too():
    local = ALL_LOGINS | {"LOCAL": "1"}
    assert processes.environment("web", local)["SEALED_DATABASE_URL"] == "sealed"
    for name in ("worker", "sweeper", "migrate"):
        assert "SEALED_DATABASE_URL" not in processes.environment(name, local)


def test_sealed_process_has_both_logins_and_a_port_of_its_own():
    environment = processes.environment("sealed", ALL_LOGINS)
    assert environment == {"DATABASE_URL": "app", "SEALED_DATABASE_URL": "sealed",
                           "PGAPPNAME": "sealed"}  # fmt: skip
    assert option(processes.command("sealed", ALL_LOGINS), "--bind") == "127.0.0.1:8001"
    told = processes.command("sealed", ALL_LOGINS | {"PORT": "9001"})
    assert option(told, "--bind") == "127.0.0.1:9001"


def test_sealed_process_does_not_start_without_its_login(monkeypatch, capsys):
    monkeypatch.delenv("SEALED_DATABASE_URL", raising=False)
    assert processes.main(["sealed"]) == 2
    assert "SEALED_DATABASE_URL" in capsys.readouterr().err


def test_migrations_run_as_owner():
    environment = processes.environment("migrate", ALL_LOGINS)
    assert environment == {"DATABASE_URL": "owner", "PGAPPNAME": "migrate"}


def test_only_the_roles_process_logs_in_as_administrator():
    assert processes.environment("roles", ALL_LOGINS)["ADMIN_DATABASE_URL"] == "admin"


def test_unknown_process_is_refused(capsys):
    assert processes.main(["wbe"]) == 2
    assert "web, sealed, worker, sweeper" in capsys.readouterr().err


def test_health_of_an_unknown_process_is_refused():
    assert processes.main(["healthy", "wbe"]) == 2


def test_printed_demo_accounts_exist():
    made = {account[0] for account in load.ACCOUNTS}
    assert {name for name, _ in run.DEMO_ACCOUNTS} <= made
    assert demo.DEFAULT_PASSWORD == run.DEMO_PASSWORD


@pytest.mark.parametrize("text", ["0", "false", "No", "off", ""])
def test_demo_can_be_switched_off(text):
    assert run.environment({"DEMO": text})["DEMO"] == "0"


def test_demo_is_on_unless_switched_off():
    assert run.environment({})["DEMO"] == "1"
    assert run.environment({})["LOCAL"] == "1"
