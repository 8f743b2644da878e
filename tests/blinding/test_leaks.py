"""The harness finds leaks: each planted one is caught, and without one the worlds are equal.

Two small worlds with other arms, other counts and another grouping of them. The same requests
are sent to both while a leak is at work, and compared by what compares the worlds of the proof.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.core.cache import cache
from django.urls import reverse

from patients.models import DiseaseStatus
from randomization.listfile import checksum
from randomization.sealed import lists as sealed_lists
from randomization.sealed import packing
from randomization.sealed.models import BagContent
from tests import databases
from tests.blinding import script
from tests.blinding.comparing import differences
from tests.blinding.leaks import (
    ALLOCATION,
    HOME,
    LEAKS,
    PEOPLE_LIST,
    Leak,
    Look,
    in_the_order_of_the_labels,
    stock_of_own_arm_alone,
)
from tests.blinding.lists import SLOTS, STRATA, SealedList
from tests.blinding.observing import Recording
from tests.blinding.script import Desk
from tests.blinding.state import rows_of, tables
from tests.blinding.world import World, arms_of, world
from tests.factories import allocation
from tests.integration import test_role_matrix as matrix
from trial import database

PEOPLE = 3  # randomised before any leak is planted
# The first three: A A B and B B B. Whoever is randomised with a leak at work has another arm in
# the other world.
FIRST = "AAB" + "AB" * 8
SECOND = "BBB" + "BA" * 8
AFTERWARDS = (HOME, PEOPLE_LIST, ALLOCATION)
ACTING = [leak for leak in LEAKS if leak.acts]


def sealed(name: str, arms: str) -> SealedList:
    given = dict.fromkeys(STRATA, "AB" * (SLOTS // 2))
    return SealedList(name, {**given, "01-naive": arms})


def many(site: str) -> list[str]:
    """Enough for every leak."""
    return ["01-naive"] * len(FIRST) if site == "01" else ["02-naive"]


def few(site: str) -> list[str]:
    """Nobody after the first three: one bag is left."""
    return [f"{site}-naive"] * PEOPLE


WORLDS = (sealed("first", FIRST), sealed("second", SECOND))


def begin(desk: Desk) -> list:
    """Three who are randomised."""
    people = [allocation.ready(desk.cast.site, status=DiseaseStatus.NAIVE) for _n in range(PEOPLE)]
    for person in people:
        script.randomise(desk, person, over_rest=False)
    return people


def randomise(found: World, *, expect: tuple[int, ...]):
    """One more, with whatever is planted at work."""
    person = allocation.ready(found.cast.site, status=DiseaseStatus.NAIVE)
    proof = {"username": "investigator", "password": script.study.PASSWORD}
    found.desk.fill("investigator", "randomization:randomise", (person.code,), proof, expect=expect)
    return person


def look(found: World, look: Look, person) -> None:
    """Ask for a page as somebody blinded."""
    who, name, query = look
    client = found.desk.client(who)
    known = {"code": person.code, "participant": person.code, "kind": "participant",
             "pk": person.pk}  # fmt: skip
    keys = matrix.EXPECTED[name].keys
    address = reverse(name, kwargs={key: known[key] for key in keys})
    found.observer.request(client, who, name, "GET", address + query.format(code=person.code))


def apart(found: World, act) -> Recording:
    """What there is to see of `act` alone: its requests, and the rows that it added or changed."""
    before = {name: rows_of(found, name) for name in tables()}
    held, found.recording.seen = found.recording.seen, {}
    act()
    recording = Recording(found.name, found.recording.seen, found.recording.statements)
    found.recording.seen = held
    for name, rows in before.items():
        new = set(rows_of(found, name).splitlines()) - set(rows.splitlines())
        recording.seen[f"table {name}"] = {"rows": "\n".join(sorted(new))}
    return recording


def with_leak(found: World, leak: Leak | None) -> Recording:
    """The requests of a leak (or of all leaks, none being planted)."""
    leaks = [leak] if leak else LEAKS

    def act() -> None:
        person = found.people[0]
        if leak is None or leak.acts:
            person = randomise(found, expect=(302, 409))
        for one in dict.fromkeys(one for each in leaks for one in each.looks):
            look(found, one, person)

    found.desk.clients.clear()  # no session and no cached page of the leak before
    cache.clear()
    with pytest.MonkeyPatch.context() as patch:
        if leak:
            leak.plant(patch)
        return apart(found, act)


def without(found: World) -> Recording:
    """A few pages with nothing planted any more."""
    found.desk.clients.clear()
    cache.clear()

    def act() -> None:
        for one in AFTERWARDS:
            look(found, one, found.people[0])

    return apart(found, act)


@contextmanager
def built(one: SealedList) -> Iterator[World]:
    with world(one, records=False, act=begin, takers=many) as found:
        yield found


@pytest.fixture(scope="module")
def pairs(databases_open) -> dict[str, list[Recording]]:
    """By leak ("" for none): what was seen in the two worlds."""
    seen: dict[str, list[Recording]] = {}
    groups: list[list[Leak | None]] = [[None, *(leak for leak in LEAKS if not leak.lasts)]]
    groups += [[leak] for leak in LEAKS if leak.lasts]
    for leaks in groups:
        for one in WORLDS:
            with built(one) as found:
                for leak in leaks:
                    recording = with_leak(found, leak)
                    seen.setdefault(leak.name if leak else "", []).append(recording)
                    if leak:
                        seen.setdefault(f"after {leak.name}", []).append(without(found))
    databases.copy_template()
    return seen


def test_without_a_leak_the_two_worlds_are_equal(pairs):
    found = list(differences(*pairs[""]))
    assert not found, "\n".join(map(str, found[:5]))


@pytest.mark.parametrize("leak", LEAKS, ids=lambda leak: leak.name)
def test_a_planted_leak_is_caught(leak, pairs, record_property):
    """And taken away, it leaves the two worlds equal, so that the next is caught on its own;
    what lasts has worlds of its own."""
    found = list(differences(*pairs[leak.name]))
    left = list(differences(*pairs[f"after {leak.name}"]))
    assert bool(left) == leak.lasts, "\n".join(map(str, left[:5]))
    caught(record_property, leak.name, leak.what, leak.modes, found)
    assert found, f"{leak.name}: nothing differs"


def caught(record_property, name, what, modes, found) -> None:
    by = sorted({"rows of a table" if one.key.startswith("table") else one.facet for one in found})
    first = f"{found[0].key}: {found[0].one!r} / {found[0].other!r}" if found else ""
    record_property(
        "blinding",
        {"leak": name, "what": what, "modes": list(modes), "caught by": by, "first": first},
    )


@pytest.mark.req("F-039")
def test_numbers_of_bags_in_the_order_of_lots_are_caught(
    databases_open, monkeypatch, record_property
):
    """Bags filled and numbered lot by lot: their numbers are ranges."""

    def by_lot(shipment, count):
        bags = real(shipment, count)
        for bag, number in zip(bags, sorted(bag.number for bag in bags), strict=True):
            bag.number = number
        return bags

    def fill_in_order(rows):
        made = sorted(rows, key=lambda row: row.lot.arm)
        for row, bag_id in zip(made, sorted(row.bag_id for row in made), strict=True):
            row.bag_id = bag_id
        return write(made)

    real, write = packing._bags, BagContent.objects.bulk_create
    monkeypatch.setattr(packing, "_bags", by_lot)
    monkeypatch.setattr(BagContent.objects, "bulk_create", fill_in_order)
    found = list(differences(*(seen_of(one, "visits_bag") for one in WORLDS)))
    caught(record_property, "ranges of bags", "bags are numbered lot by lot", ["F-039"], found)
    assert found


@pytest.mark.req("F-037")
def test_a_commitment_without_salt_is_caught(databases_open, monkeypatch, record_property):
    """Whoever knows how lists are made could try them all (integrity rules, finding 2)."""
    monkeypatch.setattr(
        sealed_lists, "commit", lambda slots, salt: checksum(
            "".join(f"{s.stratum}{s.number}{s.arm}" for s in slots).encode()
        )
    )  # fmt: skip
    found = list(differences(*(seen_of(one, "randomization_listcommitment") for one in WORLDS)))
    caught(record_property, "commitment without salt", "the published hash of the list has no salt",
           ["F-034", "F-037"], found)  # fmt: skip
    assert found


@pytest.mark.req("F-040")
def test_a_refusal_that_depends_on_whose_arm_lacks_is_caught(databases_open, record_property):
    """One bag is left, of one arm: whether the next is refused tells the arm."""
    recordings = []
    for one in WORLDS:
        with world(one, records=False, act=begin, takers=few) as built_:
            with database.connected(os.environ["ADMIN_DATABASE_URL"]) as cursor:
                stock_of_own_arm_alone(cursor.execute)
            recordings.append(apart(built_, lambda w=built_: randomise(w, expect=(302, 409))))
    databases.copy_template()
    found = list(differences(*recordings))
    caught(record_property, "stock of one arm", "refused only where one's own arm lacks", ["F-040"],
           found)  # fmt: skip
    assert found


@pytest.mark.req("F-034")
def test_bags_given_out_in_the_order_of_their_labels_are_caught(databases_open, record_property):
    """The other world groups those who follow in another way: a swap would leave the order."""
    recordings = []
    for one in (WORLDS[0], sealed("grouped", "BBB" + "AABB" * 4)):
        with built(one) as found_:
            with database.connected(os.environ["ADMIN_DATABASE_URL"]) as cursor:
                in_the_order_of_the_labels(cursor.execute)
            recordings.append(
                apart(found_, lambda w=found_: [randomise(w, expect=(302,)) for _n in range(4)])
            )
    databases.copy_template()
    found = list(differences(*recordings))
    caught(record_property, "order of labels", "bags go out in the order of their labels",
           ["F-034", "F-039"], found)  # fmt: skip
    assert found


def seen_of(one: SealedList, table: str) -> Recording:
    """The rows of a table after three have been randomised."""
    with built(one) as found:
        recording = Recording(found.name, {table: {"rows": rows_of(found, table)}})
    databases.copy_template()
    return recording


def test_the_two_worlds_differ_in_arms_counts_and_grouping():
    mine, theirs = (arms_of(["01-naive"] * len(FIRST), one) for one in WORLDS)
    assert mine[:PEOPLE].count("A") != theirs[:PEOPLE].count("A")
    assert [a == b for a, b in zip(mine[PEOPLE:], theirs[PEOPLE:], strict=True)].count(True) == 0
    assert len(ACTING) + 1 <= len(FIRST) - PEOPLE
    assert len(LEAKS) + 3 >= 12
