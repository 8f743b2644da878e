"""Sealing and comparing the trail, against reading it once from end to end."""

import time
from collections.abc import Callable
from functools import partial

from django.db import connection

from tests.benchmarks.conftest import LARGE, SMALL
from tests.benchmarks.measure import show
from trial.audit import seal
from trial.audit.models import Event

# Each says how many events it went through.
STEPS: dict[str, Callable[[int], int]] = {
    "read every event as text": lambda _size: read_all(),
    "seal what is new": lambda _size: seal.seal_now(),
    "trail against seals": lambda size: check(size, data=False),
    "and data against trail": lambda size: check(size, data=True),
}


def test_seal_and_verify(studies):
    rows = []
    for size in (SMALL, LARGE):
        with studies[size].here():
            events, waiting = Event.objects.count(), seal.verify(data=False).unsealed
            found = {what: timed(partial(step, size)) for what, step in STEPS.items()}
        whole = dict.fromkeys(STEPS, events) | {"seal what is new": waiting}
        assert {what: count for what, (count, _ms) in found.items()} == whole
        bare = found["read every event as text"][1]
        for what, (count, ms) in found.items():
            per_second = f"{count / ms * 1000:,.0f}"
            rows.append((size, count, what, f"{ms:,.0f}", per_second, f"{ms / bare:.1f}×"))
    head = ("participants", "events", "", "ms", "events/s", "ratio to reading")
    show("Sealing and comparing the trail", head, rows)


def timed(step: Callable[[], int]) -> tuple[int, float]:
    """The number of events, and how long it took in ms."""
    start = time.perf_counter()
    return step(), 1000 * (time.perf_counter() - start)


def check(size: int, *, data: bool) -> int:
    report = seal.verify(data=data)
    found = [str(one) for one in report.problems if not past_the_triggers(size, one)]
    assert found == []
    return report.events


def past_the_triggers(size: int, problem: seal.Problem) -> bool:
    """Rows of the large study that test_save.py wrote with the triggers off."""
    return size == LARGE and problem.code.startswith("row_")


def read_all() -> int:
    with connection.cursor() as cursor:
        cursor.execute("set statement_timeout = 0")
        cursor.execute("select count(*), sum(length(e::text)) from audit_event e")
        return cursor.fetchone()[0]
