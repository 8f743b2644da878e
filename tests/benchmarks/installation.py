"""The product as it is installed: durable servers, two studies, a web process for each."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import environ
from django.db import connections

from tests.faults.processes import ROOT, kill, wait_until
from trial import database, processes

_NOT_OURS = ("TESTING", "STATIC_ROOT", "HINT_TO_WORKERS")


@dataclass
class Study:
    """A database with the product's web process on it."""

    participants: int
    environment: dict[str, str] = field(repr=False)
    process: subprocess.Popen[bytes] | None = None

    @property
    def port(self) -> int:
        return int(self.environment["PORT"])

    @contextmanager
    def here(self) -> Iterator[None]:
        """This process's own Django works on this study."""
        connections.close_all()
        settings = connections["default"].settings_dict
        before = dict(settings)
        found = environ.Env.db_url_config(self.environment["DATABASE_URL"])
        settings |= {name: found[name] for name in ("HOST", "PORT", "NAME", "USER", "PASSWORD")}
        try:
            yield
        finally:
            connections.close_all()
            settings |= before

    def start(self, log: Path) -> None:
        """Start the web process by the product's own command, and wait until it answers."""
        with log.open("ab") as written:
            self.process = subprocess.Popen(
                processes.command("web", self.environment),
                cwd=ROOT,
                env=processes.environment("web", self.environment),
                start_new_session=True,
                stdout=written,
                stderr=subprocess.STDOUT,
            )
        wait_until(lambda: processes.web_healthy(self.environment), f"the web process, see {log}")

    def stop(self) -> None:
        if self.process:
            kill(self.process)

    @property
    def web_workers(self) -> list[int]:
        """The ids of gunicorn's worker processes."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text().split()]


def peak_kb(pid: int) -> int:
    """The most memory a process has ever held (VmHWM), in kB."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1])


def product_environment(servers: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The environment of `make run`, without what the tests set for themselves."""
    own = {name: value for name, value in os.environ.items() if name not in _NOT_OURS}
    return {
        **own, **servers, "LOCAL": "1", "DEMO": "0", "DEBUG": "0",
        "STATIC_ROOT": str(folder / "static"), "SECRET_KEY": "benchmark-only" * 4,
        "LOG_LEVEL": "info", "API_RATE": "100000/min",
        # One benchmark switches the triggers off on purpose: the guard would refuse service.
        "GUARD_SECONDS": "0",
    }  # fmt: skip


def on(environment: Mapping[str, str], name: str, port: int) -> dict[str, str]:
    """The same environment for another database and port."""
    variables = ("ADMIN_DATABASE_URL", *database.VARIABLES)
    urls = {variable: database.elsewhere(environment[variable], name) for variable in variables}
    return {**environment, **urls, "PORT": str(port)}


def manage(environment: Mapping[str, str], *arguments: str) -> None:
    """One of the product's management commands."""
    command = [sys.executable, processes.MANAGE, *arguments]
    subprocess.run(command, cwd=ROOT, env=dict(environment), check=True, capture_output=True)


def migrate(environment: Mapping[str, str]) -> None:
    """By the product's own command, as the owner."""
    subprocess.run(
        processes.command("migrate", environment),
        cwd=ROOT,
        env=processes.environment("migrate", environment),
        check=True,
        capture_output=True,
    )
