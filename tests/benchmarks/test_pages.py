"""Pages at 100 and at 2,000 participants: statements, time, and how PostgreSQL finds the rows."""

import json
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from patients.models import Participant, Status
from tests.benchmarks import population
from tests.benchmarks.browser import Browser
from tests.benchmarks.conftest import LARGE, SMALL
from tests.benchmarks.measure import interleaved, ratio, show
from trial.access.models import User
from visits.models import Visit

ROUNDS = 20
MOST_STATEMENTS = 15
# At 2,000 participants visits, results, scores and history have more; panels (15,000 short rows,
# 2 MB) have fewer, and PostgreSQL reads them whole for the matrix in less than 2 ms.
MANY_ROWS = 20_000
# Name: address, whose page.
PAGES = {
    "participant list": ("/participants/", "datamanager"),
    "participant list by what is overdue": ("/participants/?sort=overdue", "datamanager"),
    "participant page": ("/participants/{code}/", "datamanager"),
    "casebook matrix": ("/casebook/", "datamanager"),
    "work list": ("/visits/due/", "monitor"),
    "lab form": ("/visits/{visit}/labs/", "coordinator"),
    "dashboard": ("/dashboard/", "sponsor"),
    "home of the coordinator": ("/", "coordinator"),
    "home of the investigator": ("/", "investigator"),
    "home of the data manager": ("/", "datamanager"),
    "inbox": ("/inbox/", "investigator"),
}
LISTS = ("participant list", "participant list by what is overdue", "participant page",
         "casebook matrix")  # fmt: skip


def address(path: str) -> str:
    """The page of the same participant in both studies, one who was followed to the end."""
    person = Participant.objects.filter(site__code="01", status=Status.COMPLETED).earliest("pk")
    visit = Visit.objects.get(participant=person, code="W36")
    return path.format(code=person.code, visit=visit.pk)


@pytest.fixture(scope="module")
def captured(studies) -> dict[int, dict[str, list[str]]]:
    """The statements of each page, by size of the study."""
    found: dict[int, dict[str, list[str]]] = {}
    for size, study in studies.items():
        with study.here():
            found[size] = {name: statements(*page) for name, page in PAGES.items()}
    return found


def statements(path: str, username: str) -> list[str]:
    client = Client()
    user = User.objects.get(username=username)
    client.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")
    with CaptureQueriesContext(connection) as queries:
        path = address(path)
        begun = len(queries)
        answer = client.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
    return [query["sql"] for query in queries.captured_queries[begun:]]


def test_pages_at_both_sizes(studies, captured):
    rows = []
    for name, (path, username) in PAGES.items():
        actions = {}
        for size, study in studies.items():
            with study.here():
                where = address(path)
            person = Browser(study.port).sign_in(username, population.PASSWORD)
            actions[size] = lambda person=person, where=where: opened(person, where)
        found = interleaved(ROUNDS, actions)
        counts = [len(captured[size][name]) for size in (SMALL, LARGE)]
        cells = [cell for size in (SMALL, LARGE) for cell in found[size].cells]
        rows.append((name, *counts, *cells, ratio(found[LARGE], found[SMALL])))
    heads = [f"{what} at {size}" for size in (SMALL, LARGE) for what in ("p50", "p95", "min–max")]
    counted = [f"SQL at {size}" for size in (SMALL, LARGE)]
    show(f"Pages over HTTP, ms ({ROUNDS} rounds)", ("page", *counted, *heads, "ratio"), rows)


def opened(person: Browser, path: str) -> None:
    answer = person.get(path)
    assert answer.status == 200, answer.body.decode()


@pytest.mark.parametrize("page", PAGES)
def test_statements_are_few_and_the_same_at_any_size(captured, page):
    small, large = (captured[size][page] for size in (SMALL, LARGE))
    assert len(large) <= MOST_STATEMENTS, "\n".join(large)
    assert len(small) == len(large), "\n".join([*small, "---", *large])


@pytest.mark.parametrize("page", LISTS)
def test_lists_read_no_large_table_from_end_to_end(studies, captured, page):
    with studies[LARGE].here(), connection.cursor() as cursor:
        cursor.execute(
            "select relname from pg_class where relkind = 'r' and reltuples > %s", [MANY_ROWS]
        )
        large = {name for (name,) in cursor.fetchall()}
        assert {"visits_visit", "labs_result", "audit_event"} <= large
        for sql in captured[LARGE][page]:
            if sql.startswith("SELECT"):
                cursor.execute("explain (format json) " + sql.replace("%", "%%"), [])
                [plan] = cursor.fetchone()
                assert not large & set(
                    scanned(json.loads(plan) if isinstance(plan, str) else plan)
                ), sql


def scanned(node: object) -> Iterator[str]:
    """The tables of a plan that are read from end to end."""
    if isinstance(node, list):
        for part in node:
            yield from scanned(part)
    elif isinstance(node, dict):
        if node.get("Node Type") == "Seq Scan":
            yield node["Relation Name"]
        for part in node.values():
            yield from scanned(part)
