"""Two studies, of 100 and 2,000 participants, on durable servers; a web process on each."""

import os
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import timezone

from tests.benchmarks import installation, population
from tests.benchmarks.browser import Browser
from tests.benchmarks.installation import Study
from trial import database
from trial.embedded import servers

SMALL, LARGE = 100, 2_000


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)  # noqa: T201 - the report


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def tidy(study: Study) -> None:
    """As autovacuum would after a while: only the owner and the superuser may."""
    with database.connected(study.environment["ADMIN_DATABASE_URL"]) as cursor:
        cursor.execute("vacuum analyze")


@pytest.fixture(autouse=True)
def _connections_closed() -> Iterator[None]:
    """Nothing that a test opened stays open."""
    yield
    Browser.close_all()


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """Where servers and static files live; BENCH_FOLDER names one that is kept and used again."""
    if "BENCH_FOLDER" in os.environ:
        yield Path(os.environ["BENCH_FOLDER"])
        return
    made = Path(tempfile.mkdtemp(prefix="aih-benchmark-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="session")
def environment(folder) -> Iterator[dict[str, str]]:
    """Servers as `make run` starts them: durable, so that every commit waits for the disk."""
    pair = servers(folder, durable=True)
    try:
        yield installation.product_environment(pair.start({"SECRET_KEY": "given"}), folder)
    finally:
        pair.stop()


@pytest.fixture(scope="session")
def studies(environment, folder, django_db_blocker) -> Iterator[dict[int, Study]]:
    """Both studies, by the number of participants."""
    small = Study(SMALL, installation.on(environment, "trial", free_port()))
    large = Study(LARGE, installation.on(environment, "large", free_port()))
    with django_db_blocker.unblock():
        if not (folder / "built").exists():
            build(small, large)
            (folder / "built").touch()
        try:
            for study in (small, large):
                study.start(folder / f"web-{study.participants}.log")
            say("measuring")
            yield {SMALL: small, LARGE: large}
        finally:
            small.stop()
            large.stop()


def build(small: Study, large: Study) -> None:
    """Fill both databases: the large one is a copy of the small one, multiplied."""
    say("static files and tables")
    installation.manage(small.environment, "collectstatic", "--noinput", "--verbosity", "0")
    installation.migrate(small.environment)
    say(f"a study of {SMALL} participants, entered by the services")
    with small.here():
        population.build(timezone.localdate())
    with database.connected(small.environment["ADMIN_DATABASE_URL"]) as cursor:
        cursor.execute("vacuum analyze")  # as autovacuum would after a while
    admin = database.elsewhere(small.environment["ADMIN_DATABASE_URL"], "postgres")
    with database.connected(admin) as cursor:
        cursor.execute(f"create database large template trial owner {database.OWNER}")
        database.close_to_public(cursor, "large")
    say(f"a study of {LARGE} participants, multiplied with the triggers on")
    with large.here():
        population.grow_to(LARGE)
    with database.connected(large.environment["ADMIN_DATABASE_URL"]) as cursor:
        cursor.execute("vacuum analyze")
