"""All laboratory results as CSV over HTTP, against COPY of the same SELECT; the server's memory."""

import tempfile
from contextlib import closing
from functools import partial
from pathlib import Path

import psycopg2
from django.db import connection
from psycopg2.extensions import connection as Connection  # noqa: N812

from labs.models import Result
from reports.datasets import LAB_RESULTS
from tests.benchmarks.browser import Browser
from tests.benchmarks.conftest import LARGE, SMALL, free_port
from tests.benchmarks.installation import Study, peak_kb
from tests.benchmarks.measure import interleaved, ratio, show
from trial.access.models import User
from trial.access.roles import Permission
from trial.access.services import issue_token
from trial.audit.context import Actor

ROUNDS = 5
PATH = "/api/v1/lab-results/?format=csv"
MOST_GROWTH_KB = 20_000  # a small part of the 300,000 rows' file


def test_export_over_http_and_bare(studies):
    rows = []
    for size, study in studies.items():
        with study.here():
            count = Result.objects.count()
            copy = copy_command()
            user = User.objects.get(username="datamanager")
            token = issue_token(user=user, by=Actor.system("benchmark"))
        with closing(psycopg2.connect(study.environment["DATABASE_URL"])) as bare:
            program = Browser(study.port, token=token)
            actions = {
                "HTTP": partial(download, program, count),
                "bare": partial(copy_out, bare, copy, count),
            }
            found = interleaved(ROUNDS, actions, warm_up=1)
        for name, times in found.items():
            per = f"{times.p50 / count * 1e5 / 1000:.2f} s"
            rows.append((size, count, name, *times.cells, per, ratio(times, found["bare"])))
    head = ("participants", "rows", "way", "p50", "p95", "min–max", "per 100,000 rows", "ratio")
    show(f"CSV of all laboratory results, ms ({ROUNDS} rounds)", head, rows)


def copy_command() -> str:
    """COPY of the query that the export reads, for all sites."""
    user = User.objects.get(username="datamanager")
    rows = LAB_RESULTS.visible_to(user, Permission.DATA_EXPORT)
    rows = rows.order_by(*LAB_RESULTS.key).values(*LAB_RESULTS.stored)
    with connection.cursor() as cursor:
        inner = cursor.mogrify(*rows.query.sql_with_params()).decode()
    return f"copy ({inner}) to stdout with (format csv, header)"


def download(program: Browser, rows: int) -> None:
    with tempfile.TemporaryFile() as file:
        answer = program.download(PATH, file)
        assert answer.status == 200
        assert answer.headers["X-Row-Count"] == str(rows)
        assert answer.headers["Content-Length"] == str(file.tell())  # all of it has come


def copy_out(bare: Connection, command: str, rows: int) -> None:
    with tempfile.TemporaryFile() as file, bare, bare.cursor() as cursor:
        cursor.copy_expert(command, file)
        assert cursor.rowcount == rows


def test_memory_of_the_web_process_is_flat(studies, folder):
    """The peak of a worker that has done nothing else, before and after three exports."""
    rows, grown = [], {}
    for size, study in studies.items():
        with study.here():
            count = Result.objects.count()
            user = User.objects.get(username="datamanager")
            token = issue_token(user=user, by=Actor.system("benchmark"))
        before, after = peaks(study, folder, token, count)
        grown[size] = after - before
        rows.append((size, count, f"{before / 1024:.1f}", f"{after / 1024:.1f}"))
    head = ("participants", "rows", "before", "after three exports")
    show("Peak memory of a web worker (VmHWM), MB", head, rows)
    assert grown[LARGE] - grown[SMALL] < MOST_GROWTH_KB


def peaks(study: Study, folder: Path, token: str, rows: int) -> tuple[int, int]:
    """Peak memory in kB of a fresh worker after a page of JSON, and after three exports."""
    alone = {"PORT": str(free_port()), "WEB_WORKERS": "1"}
    fresh = Study(study.participants, {**study.environment, **alone})
    fresh.start(folder / "web-memory.log")
    try:
        [worker] = fresh.web_workers
        program = Browser(fresh.port, token=token)
        assert program.get("/api/v1/lab-results/").status == 200
        before = peak_kb(worker)
        for _ in range(3):
            download(program, rows)
        return before, peak_kb(worker)
    finally:
        fresh.stop()
