"""Saving a visit's panel of 14 analytes, against the same rows written by bare psycopg2.

Every save is a visit's first, on durable servers: each commit waits for the disk, on both sides.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from uuid import uuid4

import psycopg2
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from psycopg2.extensions import connection as Connection  # noqa: N812

from labs.models import Laboratory, Panel, Result
from tests.benchmarks import panels, population
from tests.benchmarks.browser import Browser
from tests.benchmarks.conftest import LARGE, SMALL
from tests.benchmarks.measure import WARM_UP, Times, clock, interleaved, ratio, show
from trial.access.models import User
from trial.access.services import issue_token
from trial.audit.context import Actor
from trial.audit.models import Event

ROUNDS = 60
TRACKED = ("visits_visit", "labs_panel", "labs_result", "labs_series")
MOST_STATEMENTS = 25
BLOCKS, REPLANNED, BLOCK = 6, 40, 40  # 8 connections, 5 first executions of each plan


@pytest.fixture(scope="module")
def context() -> str:
    """What a transaction of the coordinator carries."""
    fields = {"actor_id": 1, "actor": "coordinator", "role": "coordinator", "site": "01"}
    return json.dumps(fields | {"request": "", "reason": ""})


@pytest.fixture
def bare_connection(studies) -> Iterator[Connection]:
    with closing(psycopg2.connect(studies[LARGE].environment["DATABASE_URL"])) as found:
        yield found


def newest() -> int:
    return Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def written_since(event: int) -> Counter:
    """The history rows written since, counted by table and kind."""
    rows = Event.objects.filter(pk__gt=event).exclude(table_name="access_user")
    return Counter(rows.values_list("table_name", "kind"))


def saved() -> Counter:
    """The panels and results that are there."""
    return Counter(panels=Panel.objects.count(), results=Result.objects.count())


def test_saving_a_panel_over_http_and_bare(studies, context, bare_connection):
    study = studies[LARGE]
    with study.here():
        user = User.objects.get(username="coordinator")
        laboratory = Laboratory.objects.get(code="LAB01")
        token = issue_token(user=user, by=Actor.system("benchmark"))
        visits = panels.open_visits(36)
        person = Browser(study.port).sign_in("coordinator", population.PASSWORD)
        program = Browser(study.port, token=token)
        first = next(visits)
        hidden = person.csrf(f"/visits/{first.pk}/labs/")
        panels.by_form(person, hidden, first, laboratory.pk)
        bare = panels.Bare.after(first, bare_connection, context)
        same_history(person, hidden, program, bare, visits, laboratory)
        before = saved()
        found = interleaved(
            ROUNDS,
            {
                "form": lambda: panels.by_form(person, hidden, next(visits), laboratory.pk),
                "API": lambda: panels.by_api(program, next(visits), laboratory.code),
                "bare psycopg2": lambda: bare.save(next(visits)),
            },
        )
        saves = len(found) * (WARM_UP + ROUNDS)
        assert saved() - before == Counter(panels=saves, results=saves * len(panels.VALUES))
    floor = found["bare psycopg2"]
    show(
        f"Saving 14 analytes at {LARGE} participants, ms ({ROUNDS} rounds)",
        ("door", "p50", "p95", "min–max", "ratio to bare at p50"),
        [(name, *times.cells, ratio(times, floor)) for name, times in found.items()],
    )


def same_history(person, hidden, program, bare, visits, laboratory) -> None:
    """All three doors write the same rows, and leave the same history."""
    doors = (
        lambda: panels.by_form(person, hidden, next(visits), laboratory.pk),
        lambda: panels.by_api(program, next(visits), laboratory.code),
        lambda: bare.save(next(visits)),
    )
    histories = []
    for door in doors:
        before = newest()
        door()
        histories.append(written_since(before))
    assert histories[0] == histories[1] == histories[2], histories
    assert histories[0]["labs_result", "insert"] == len(panels.VALUES), histories


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_statements_of_a_save(studies, size):
    with studies[size].here():
        user = User.objects.get(username="coordinator")
        laboratory = Laboratory.objects.get(code="LAB01")
        visits = panels.open_visits(1)
        token = issue_token(user=user, by=Actor.system("benchmark"))
        client = Client()
        client.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")
        with CaptureQueriesContext(connection) as by_form:
            visit = next(visits)
            fields = panels.form_fields(visit, laboratory.pk)
            answer = client.post(f"/visits/{visit.pk}/labs/", fields)
            assert (answer.status_code, answer.headers["Location"][-8:]) == (302, "?saved=1")
        with CaptureQueriesContext(connection) as by_api:
            body = panels.api_body(next(visits), laboratory.code)
            answer = Client().post(
                "/api/v1/lab-panels/",
                body,
                content_type="application/json",
                headers={"Authorization": f"Token {token}", "Idempotency-Key": str(uuid4())},
            )
            assert answer.status_code == 201, answer.content
    counts = [len(by_form), len(by_api)]
    head = ("door", "statements, BEGIN and COMMIT among them")
    show(f"A save at {size} participants", head, zip(("form", "API"), counts, strict=True))
    for captured in (by_form, by_api):
        sent = [query["sql"][:160] for query in captured]
        assert len(sent) <= MOST_STATEMENTS, "\n".join(sent)


def test_cost_of_the_triggers(studies, context, bare_connection):
    """What history and locks cost a saved panel: the same save with the triggers on and off."""
    study = studies[LARGE]
    with study.here():
        laboratory = Laboratory.objects.get(code="LAB01")
        user = User.objects.get(username="coordinator")
        program = Browser(study.port, token=issue_token(user=user, by=Actor.system("benchmark")))
        visits = panels.open_visits(2 * BLOCKS * (REPLANNED + BLOCK) + 1)
        person = Browser(study.port).sign_in("coordinator", population.PASSWORD)
        first = next(visits)
        hidden = person.csrf(f"/visits/{first.pk}/labs/")
        panels.by_form(person, hidden, first, laboratory.pk)
        bare = panels.Bare.after(first, bare_connection, context)
        doors = {
            "API": lambda: panels.by_api(program, next(visits), laboratory.code),
            "bare psycopg2": lambda: bare.save(next(visits)),
        }
        with closing(psycopg2.connect(study.environment["OWNER_DATABASE_URL"])) as owner:
            found = {name: in_blocks(owner, save) for name, save in doors.items()}
    rows = [
        (name, f"triggers {how}", *times.cells, more(times, both["off"]))
        for name, both in found.items()
        for how, times in both.items()
    ]
    head = ("door", "", "p50", "p95", "min–max", "more than off at p50")
    show("Cost of the triggers per saved panel, ms", head, rows)


def more(times: Times, off: Times) -> str:
    return f"{100 * (times.p50 / off.p50 - 1):+.0f} %"


def in_blocks(owner: Connection, save: Callable[[], None]) -> dict[str, Times]:
    """Blocks of saves with the triggers on and off in turn.

    A block's first saves do not count: every connection plans anew after a switch.
    """
    found = {"on": Times(), "off": Times()}
    try:
        for number in range(BLOCKS):
            name = "off" if number % 2 else "on"
            switch(owner, "disable" if number % 2 else "enable")
            for _ in range(REPLANNED):
                save()
            event, before = newest(), saved()
            found[name].ms += [clock(save) for _ in range(BLOCK)]
            assert (saved() - before)["panels"] == BLOCK
            kept = written_since(event)["labs_panel", "insert"]
            assert kept == (BLOCK if name == "on" else 0)
    finally:
        switch(owner, "enable")
    return found


def switch(owner: Connection, how: str) -> None:
    """Enable or disable every trigger but the foreign keys'; only the tables' owner can."""
    with owner, owner.cursor() as cursor:
        for table in TRACKED:
            cursor.execute(f"alter table {table} {how} trigger user")
