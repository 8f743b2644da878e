"""A world's recording, made once per run by whichever worker needs it first.

Workers of pytest-xdist share a folder; recordings lie there packed, under a lock of their own.
"""

import os
import pickle
import zlib
from pathlib import Path
from time import process_time

from django.test import override_settings
from django.urls import reverse

from tests import databases
from tests.blinding.crawl import ANONYMOUS, BLINDED, UNBLINDED, Crawl, address_of, crawl
from tests.blinding.lists import sealed_list
from tests.blinding.observing import Facets, Recording
from tests.blinding.state import sealed_view, states
from tests.blinding.world import World, world
from tests.factories import study
from tests.integration import test_role_matrix as matrix
from tests.integration.attacks.html import Page
from visits.models import Shipment

# Rights of addresses that hold nothing for whoever asks here.
HIDDEN = (matrix.NO_LINK, matrix.NOT_MINE)


def recorded(name: str) -> Recording:
    """The recording of the world with the sealed list of this name."""
    folder = Path(os.environ["DATA_DIR"]) / "blinding"
    folder.mkdir(exist_ok=True)
    path = folder / name
    with databases.alone(f"blinding-{name}"):
        if not path.exists():
            path.write_bytes(zlib.compress(pickle.dumps(record(name)), 1))
        found: Recording = pickle.loads(zlib.decompress(path.read_bytes()))
        return found


def record(name: str) -> Recording:
    """Build the world and write down all that its blinded users can see; the database of this
    worker is fresh again afterwards."""
    began = process_time()
    try:
        with override_settings(DEMO=True), world(sealed_list(name)) as found:
            crawls = [crawl(found, who) for who in (*BLINDED, ANONYMOUS)]
            found.recording.facts["sealed"] = {**sealed_pages(found), **sealed_view()}
            found.recording.seen |= states(found)
            facts(found, crawls)
    finally:
        databases.copy_template()
    found.recording.facts["seconds"] = round(process_time() - began, 1)
    return found.recording


def sealed_pages(world: World) -> dict[str, Facets]:
    """What the unblinded see on the pages that are theirs, and what these give on a signature: it
    is not compared, it has to differ."""
    held, world.recording.seen = world.recording.seen, {}
    shipment = Shipment.objects.latest("number").number
    records = {**world.records, "list": world.in_force, "shipment": shipment}
    for who in UNBLINDED:
        for name in sorted(sealed_endpoints()):
            if Crawl.right(world.cast.users[who], name):
                _open(world, who, name, address_of(name, records))
    found, world.recording.seen = world.recording.seen, held
    return found


def _open(world: World, who: str, name: str, address: str) -> None:
    """A page, and what its form leads to where that takes a reason and a password alone."""
    client = world.desk.client(who)
    page = world.observer.request(client, who, name, "GET", address)
    typed = {"username": who, "password": study.PASSWORD, "reason": "to show that this differs"}
    for form in Page(page.read.decode("utf-8", "replace"), address).forms:
        if form.method == "post" and form.action == address and "password" in form.kinds:
            data = {**form.values, **{k: v for k, v in typed.items() if k in form.kinds}}
            answer = world.observer.request(client, who, name, "POST", address, data)
            if answer.status_code == 302:
                world.observer.request(client, who, name, "GET", answer.headers["Location"])


def sealed_endpoints() -> set[str]:
    """Those below /sealed/."""
    found = set()
    for name in matrix.endpoints():
        keys = matrix.EXPECTED[name].keys
        space = name.rpartition(":")[0]
        if space and reverse_of_space(name, keys).startswith("/sealed/"):
            found.add(name)
    return found


def reverse_of_space(name: str, keys: object) -> str:
    """The address of an endpoint with anything for its keys."""
    for value in (1, "01-0019", "12345678", "a"):
        try:
            return reverse(name, kwargs=dict.fromkeys(keys, value))  # type: ignore[call-overload]
        except Exception:  # noqa: BLE001 - the next value may fit
            continue
    return ""


def facts(world: World, crawls: list[Crawl]) -> None:
    """Counts for the report."""
    grid: dict[str, dict[str, dict[str, int]]] = {}
    for one in crawls:
        for call, _status in one.calls:
            row = grid.setdefault(call.name, {}).setdefault(one.who, {})
            what = call.what or "address"
            row[what] = row.get(what, 0) + 1
    world.recording.facts |= {
        "grid": grid,
        "requests": len(world.recording.answers),
        "facets": sum(len(facets) for facets in world.recording.seen.values()),
        "characters": sum(len(t) for fs in world.recording.seen.values() for t in fs.values()),
        "statements": len(world.recording.statements),
        "replaced": dict(world.observer.normal.counts),
        "tables": sorted(key for key in world.recording.seen if key.startswith("table ")),
        "arms": arms(),
        "may_read": [
            (name, one.who)
            for one in crawls
            for name in sorted(set(matrix.endpoints()))
            if one.may(name) and matrix.EXPECTED[name].methods["GET"] not in HIDDEN
        ],
    }


def arms() -> dict[str, int]:
    """How many got which arm: known to the harness alone."""
    from trial import database  # noqa: PLC0415

    with database.connected(os.environ["ADMIN_DATABASE_URL"]) as cursor:
        cursor.execute(
            "select arm, count(*) from sealed.slot where participant_id is not null"
            " group by 1 order by 1"
        )
        return dict(cursor.fetchall())
