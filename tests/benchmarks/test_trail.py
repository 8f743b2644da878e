"""Sealing and comparing the trail, against reading it once from end to end."""

from django.db import connection

from tests.benchmarks.conftest import LARGE, SMALL
from tests.benchmarks.measure import clock, show
from trial.audit import seal
from trial.audit.models import Event


def test_seal_and_verify(studies):
    rows = []
    for size in (SMALL, LARGE):
        with studies[size].here():
            events = Event.objects.count()
            bare = clock(read_all)
            sealed = clock(seal.seal_now)
            trail = clock(lambda: check(data=False))
            whole = clock(lambda: check(data=True))
            for what, ms in (
                ("read every event as text", bare),
                ("seal what is new", sealed),
                ("trail against seals", trail),
                ("and data against trail", whole),
            ):
                per_second = f"{events / ms * 1000:,.0f}"
                rows.append((size, events, what, f"{ms:,.0f}", per_second, f"{ms / bare:.1f}×"))
    head = ("participants", "events", "", "ms", "events/s", "ratio to reading")
    show("Sealing and comparing the trail", head, rows)


def check(*, data: bool) -> None:
    found = [p for p in seal.verify(data=data).problems if p.code.startswith(("event", "seal"))]
    assert found == []


def read_all() -> None:
    with connection.cursor() as cursor:
        cursor.execute("set statement_timeout = 0")
        cursor.execute("select sum(length(e::text)) from audit_event e")
        cursor.fetchall()
