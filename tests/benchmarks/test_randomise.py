"""Randomising in one stratum, against the same locks and rows written by bare SQL.

Both sides on the servers of the tests, which do not wait for the disk, with CLIENTS connections
each: participant, stratum, first free slot, a bag. The product does more (a signature, a ledger, a
trail, a proof of the signer's password under a cheap hash); the ratio says what that costs.
"""

import json
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import psycopg2
import pytest
from django.db import connections

from randomization.models import Allocation
from tests.benchmarks.measure import show
from tests.factories import study
from tests.factories.allocation import crowd, list_in_force, randomised, stocked
from visits.models import Bag

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "sealed"])
CLIENTS, PEOPLE = 8, 400

BARE = """
select set_config('app.context', %(context)s, true);
select id from patients_participant where id = %(person)s for update;
with s as (
  select id from bare.slot where participant_id is null order by number limit 1 for update
), b as (select id from bare.bag where participant_id is null order by id limit 1 for update)
, t as (update bare.slot set participant_id = %(person)s from s where slot.id = s.id returning 1)
update bare.bag set participant_id = %(person)s from b where bag.id = b.id;
"""


def seconds(jobs: Sequence[Callable[[], object]]) -> float:
    """How long CLIENTS threads take for all jobs."""
    began = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        done = list(pool.map(lambda job: job(), jobs))
    assert len(done) == len(jobs)
    return time.perf_counter() - began


def test_randomising_in_one_stratum_and_bare():
    cast = study.make_cast()
    list_in_force(cast.site, slots=PEOPLE + 10)
    stocked(cast.site, {"A": 250, "B": 250})
    stocked(cast.site, {"A": 250, "B": 250})
    people = crowd(cast.site, PEOPLE)
    product = seconds([partial(randomised, one, cast.investigator) for one in people])
    assert Allocation.objects.count() == PEOPLE
    slots = sorted(Allocation.objects.values_list("slot", flat=True))
    assert slots == list(range(1, PEOPLE + 1))
    assert Bag.objects.filter(state="reserved").count() == PEOPLE
    bare = bare_seconds([one.pk for one in people])
    show(
        f"Randomising {PEOPLE} participants in one stratum, {CLIENTS} at a time",
        ("", "per second"),
        (
            ("product", f"{PEOPLE / product:.1f}"),
            ("bare SQL", f"{PEOPLE / bare:.1f}"),
            ("product / bare", f"{bare / product:.3f}"),
        ),
    )
    connections.close_all()


def bare_seconds(people: Sequence[int]) -> float:
    with psycopg2.connect(os.environ["ADMIN_DATABASE_URL"]) as admin, admin.cursor() as cursor:
        cursor.execute(
            "create schema bare; create table bare.slot (id int generated always as identity,"
            " number int, participant_id bigint unique); create table bare.bag (id int generated"
            " always as identity, participant_id bigint); insert into bare.slot (number) select"
            " generate_series(1, 500); insert into bare.bag select from generate_series(1, 500);"
        )
    context = json.dumps({"actor": "system:bench", "role": "", "site": "", "request": "",
                          "reason": ""})  # fmt: skip
    free = [psycopg2.connect(os.environ["ADMIN_DATABASE_URL"]) for _n in range(CLIENTS)]

    def job(person: int) -> None:
        connection = free.pop()
        with connection, connection.cursor() as cursor:
            cursor.execute("lock table bare.slot in exclusive mode")
            cursor.execute(BARE, {"context": context, "person": person})
        free.append(connection)

    took = seconds([partial(job, one) for one in people])
    with free[0], free[0].cursor() as cursor:
        cursor.execute("select count(*) from bare.slot where participant_id is not null")
        assert cursor.fetchone() == (len(people),)
        cursor.execute("drop schema bare cascade")
    return took
