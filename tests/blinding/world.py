"""A world: a fresh database, a sealed list, product whose contents agree with it, the script.

What differs between two worlds is the list, and with it the contents of the bags: the bag of a
site whose turn is the k-th holds the arm of the k-th participant randomised there. So the same
people get bags of the same numbers in every world, which is to say: a number may not depend on an
arm.
"""

import os
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import redis
from django.core.cache import cache

from patients.models import Participant
from randomization.blocks import Slot
from randomization.commitment import SALT_BYTES, holds
from randomization.models import Allocation, Unblinding
from randomization.sealed.lists import draft_file, put_in_force
from randomization.sealed.models import Lot
from tests import databases
from tests.blinding import script
from tests.blinding.lists import STRATA, SealedList
from tests.blinding.normalise import Normaliser, today
from tests.blinding.observing import Observer, Recording
from tests.blinding.script import Desk
from tests.blinding.stillness import START, Stillness, still
from tests.factories import allocation, study
from tests.integration import test_role_matrix as matrix
from trial import database
from trial.access.models import Site


@dataclass
class World:
    """One world, built and ready to be looked at. `records`: one of everything at site 01."""

    name: str
    cast: study.Cast
    desk: Desk
    observer: Observer
    people: list[Participant]
    in_force: int  # the list
    records: Mapping[str, object]

    @property
    def recording(self) -> Recording:
        return self.observer.recording


Takers = Callable[[str], list[str]]
Script = Callable[[Desk], list[Participant]]


@contextmanager
def world(
    sealed: SealedList,
    *,
    records: bool = True,
    act: Script = script.run,
    takers: Takers = script.takers,
) -> Iterator[World]:
    """Build the world in this worker's database and let it be looked at. `act` is the script,
    and `takers` says whom it randomises at each site."""
    with still() as stillness, redis.Redis.from_url(os.environ["REDIS_URL"]) as valkey:
        databases.copy_template()
        count_time()
        cache.clear()
        valkey.flushdb()
        normal = Normaliser(today(), read_roots=roots)
        observer = Observer(stillness, normal, Recording(sealed.name), valkey)
        cast = study.make_cast()
        found: dict[str, Any] = {}
        if records:
            found = matrix.records_of(cast.site, cast.laboratory)
            matrix.records_of(cast.other_site, cast.other_laboratory)
        in_force = force(sealed, normal)
        for site in (cast.site, cast.other_site):
            stock(site, sealed, stillness, takers)
        desk = Desk(cast, observer, days_later)
        with observer.watching():
            people = act(desk)
            if records:
                emergency = Unblinding.objects.filter(kind="emergency").first()
                found |= {"emergency": emergency.pk if emergency else 0, "planned": 0}
                allocated = Allocation.objects.filter(participant__site=cast.site).first()
                found["allocation"] = allocated.pk if allocated else 0
            yield World(sealed.name, cast, desk, observer, people, in_force, found)


def force(sealed: SealedList, normal: Normaliser) -> int:
    """Take the list as the statistician's file, and publish its hash. Returns its number."""
    found = draft_file(data=sealed.as_file(), arms=("A", "B"), strata=STRATA, by=study.SETUP)
    put_in_force(found=found, by=study.SETUP)
    with database.connected(os.environ["ADMIN_DATABASE_URL"]) as cursor:
        cursor.execute("select salt, commitment from sealed.list where id = %s", [found.pk])
        ((salt, commitment),) = cursor.fetchall()
    slots = [
        Slot(stratum, number, 0, arm)
        for stratum, arms in sealed.arms.items()
        for number, arm in enumerate(arms, start=1)
    ]
    if len(salt) == SALT_BYTES and holds(commitment, slots, bytes(salt)):
        normal.commitments.add(commitment)
    return found.pk


def stock(site: Site, sealed: SealedList, stillness: Stillness, takers: Takers) -> None:
    """Bags for a site in the order of its participants' arms, and one of the arm that the last of
    them does not take: then nobody is refused before, and whoever comes next is."""
    stillness.step(f"stock of {site.code}")
    order = arms_of(takers(site.code), sealed)
    order.append("B" if order[-1:] == ["A"] else "A")
    with in_this_order(order):
        allocation.stocked(site, {arm: order.count(arm) for arm in "AB"})


def arms_of(strata: list[str], sealed: SealedList) -> list[str]:
    """The arms that these get, one after the other."""
    left = {stratum: list(arms) for stratum, arms in sealed.arms.items()}
    return [left[stratum].pop(0) for stratum in strata]


@contextmanager
def in_this_order(order: list[str]) -> Iterator[None]:
    """Which bag holds what is the one chance that the harness decides itself: the bag whose turn is
    the k-th holds the k-th arm of `order`. The turns are drawn before, as packing draws them."""
    real = random.SystemRandom.shuffle
    turns: list[int] = []

    def shuffle(self: random.SystemRandom, x: Any) -> None:
        if not (x and isinstance(x[0], Lot)):
            real(self, x)
            turns[:] = x
            return
        lots = {arm: [lot for lot in x if lot.arm == arm] for arm in "AB"}
        x[:] = [lots[order[turn - 1]].pop() for turn in turns]

    random.SystemRandom.shuffle = shuffle  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        del random.SystemRandom.shuffle


def roots() -> set[str]:
    """The hashes over rows of the open trail and their transaction numbers."""
    with database.connected(os.environ["ADMIN_DATABASE_URL"]) as cursor:
        cursor.execute(
            "select encode(root, 'hex') from audit_seal"
            " union all select encode(leaf, 'hex') from audit_redacted"
        )
        return {root for (root,) in cursor.fetchall()}


_COUNTED = r"""
create schema harness;
grant usage on schema harness to public;
create sequence harness.tick;
create function harness.now() returns timestamptz language sql volatile security definer
  set search_path = pg_catalog as $$
  select %(start)s::timestamptz + nextval('harness.tick') * interval '1 millisecond' $$;
create function harness.nonce() returns uuid language sql volatile security definer
  set search_path = pg_catalog as $$ select md5('nonce ' || nextval('harness.tick'))::uuid $$;
do $$
declare
  d record;
  change constant text := 'alter table %%s alter %%I set default harness.%%I()';
begin
  for d in
    select a.attrelid::regclass as of_table, a.attname, pg_get_expr(f.adbin, f.adrelid) as filled
    from pg_attrdef f join pg_attribute a on a.attrelid = f.adrelid and a.attnum = f.adnum
    join pg_class c on c.oid = f.adrelid where c.relnamespace = 'public'::regnamespace
  loop
    if d.filled ~ '(now|clock_timestamp|statement_timestamp)\(\)|CURRENT_TIMESTAMP' then
      execute format(change, d.of_table, d.attname, 'now');
    elsif d.filled ~ 'gen_random_uuid' then
      execute format(change, d.of_table, d.attname, 'nonce');
    end if;
  end loop;
end $$;
"""


def count_time() -> None:
    """Let columns that the database fills with the time, or with a nonce, take it from a counter.

    Nothing else of the schema is touched. So times and hashes over them can be compared too.
    """
    with database.connected(os.environ["ADMIN_DATABASE_URL"]) as cursor:
        cursor.execute("set event_triggers = off")
        cursor.execute(_COUNTED, {"start": START.isoformat()})


def days_later(number: int) -> None:
    """The counter of the database's times, some days on."""
    with database.connected(os.environ["ADMIN_DATABASE_URL"]) as cursor:
        cursor.execute(
            "select setval('harness.tick', nextval('harness.tick') + %s)", [number * 86_400_000]
        )
