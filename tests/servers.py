"""Before Django's settings load: start PostgreSQL and Valkey, and set the environment.

Loaded by `-p tests.servers` (pyproject.toml). The pytest process that the person started runs one
pair of servers in a temporary folder; the workers of pytest-xdist inherit its environment and
each get a database and a Valkey number of their own. Nothing here is durable.
"""

import os
import shutil
import signal
import tempfile
from pathlib import Path

import pytest

from trial.catalogues import compile_catalogues
from trial.database import VARIABLES, elsewhere
from trial.embedded import Servers, servers
from trial.servers import command_of

PREFIX = "aih-tests-"
ENVIRONMENT = {
    "LOCAL": "1",
    "TESTING": "1",
    "DEMO": "0",
    "DEBUG": "0",
    "SECRET_KEY": "only-for-tests-" * 4,
    # Playwright's synchronous interface runs an event loop in the thread of the test.
    "DJANGO_ALLOW_ASYNC_UNSAFE": "true",
}
FOREIGN = ("ADMIN_DATABASE_URL", *VARIABLES, "REDIS_URL", "ALLOWED_HOSTS", "STATIC_ROOT")
running: list[Servers] = []


def worker() -> str:
    """This process's name among pytest-xdist's workers: gw0, gw1, ... or main."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests():
    if worker() == "main":
        os.environ.update(start())
    number = 0 if worker() == "main" else int(worker().removeprefix("gw")) + 1
    os.environ["REDIS_URL"] = elsewhere(os.environ["REDIS_URL"], str(number))
    for variable in ("ADMIN_DATABASE_URL", *VARIABLES):
        os.environ[variable] = elsewhere(os.environ[variable], f"trial_{worker()}")
    return (yield)


def start() -> dict[str, str]:
    """Start both servers in a folder named after this process; the environment for the tests."""
    remove_left_overs()
    for name in FOREIGN:  # tests never touch a database that somebody uses
        os.environ.pop(name, None)
    compile_catalogues()
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    pair = servers(folder, durable=False)
    running.append(pair)
    return ENVIRONMENT | {"DATA_DIR": str(folder)} | pair.start({"SECRET_KEY": "given"})


def remove_left_overs() -> None:
    """Stop the servers of test runs that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        pid = folder.name.removeprefix(PREFIX).partition("-")[0]
        if pid.isdigit() and "pytest" not in command_of(int(pid)) and os.access(folder, os.W_OK):
            remove(servers(folder, durable=False))


def remove(pair: Servers) -> None:
    for pid, how in ((pair.valkey.pid(), signal.SIGKILL), (pair.postgres.pid(), signal.SIGQUIT)):
        if pid:
            os.kill(pid, how)
    shutil.rmtree(pair.folder, ignore_errors=True)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure():
    while running:
        remove(running.pop())
