"""A dump restored in another cluster is the same study: data, trail, hashes (R-18, R-20)."""

import io
import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from django.core.management import call_command
from django.db import connections
from django.utils import timezone

from labs.services import evaluation
from reports import exports, past
from reports.datasets import DATASETS
from reports.models import Snapshot, SnapshotFile
from reports.services import snapshots
from reports.trail_dataset import TRAIL
from tests.factories import forms, study
from tests.servers import PREFIX
from trial import database
from trial.audit.context import Actor
from trial.audit.models import Event
from trial.audit.seal import seal_now, verify
from trial.embedded import servers
from trial.servers import POSTGRES_BIN

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def elsewhere():
    """A cluster of its own, empty; and its addresses by login."""
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}restore-"))
    pair = servers(folder, durable=False)
    try:
        yield pair.start({"REDIS_URL": "unused"})
    finally:
        connections.close_all()
        pair.postgres.stop(fast=False)
        shutil.rmtree(folder, ignore_errors=True)


def restore(dump: Path, admin: str) -> None:
    """As docs/operations.md says: into a database without anything, then the rights on it."""
    with database.connected(database.elsewhere(admin, "postgres")) as cursor:
        database.drop(cursor, "trial")
        cursor.execute("create database trial template template0 encoding 'UTF8'")
    subprocess.run([POSTGRES_BIN / "pg_restore", "-d", admin, "--exit-on-error", dump], check=True)
    with database.connected(database.elsewhere(admin, "postgres")) as cursor:
        database.close_to_public(cursor, "trial")


@contextmanager
def at(url: str):
    """Django's connection, as another login of another cluster."""
    connections.close_all()
    parts = urlsplit(url)
    settings = connections["default"].settings_dict
    before = dict(settings)
    settings |= {
        "USER": parts.username, "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname, "PORT": parts.port, "NAME": parts.path.lstrip("/"),
    }  # fmt: skip
    try:
        yield
    finally:
        connections.close_all()
        settings |= before


def everything():
    """Each dataset and the whole trail, as CSV."""
    found = {}
    for dataset in (*DATASETS.values(), TRAIL):
        with exports.snapshot():
            file = io.BytesIO()
            exports.write(dataset, dataset.everything(), "csv", file)
        found[dataset.name] = file.getvalue()
    return found


@pytest.mark.req("R-18")
@pytest.mark.req("R-20")
@pytest.mark.req("F-142")
def test_a_dump_restored_elsewhere_is_the_same_study(cast, elsewhere, tmp_path):
    person = study.enrolled(cast.site)
    study.enter(person, "D0", {"ALT": "250"}, cast.laboratory)
    forms.every(person)
    study.enter(person, "D0", {"ALT": "99"}, cast.laboratory, reason="typing error")
    evaluation.evaluate_pending(process="test")
    by = Actor.of(cast.datamanager, role="datamanager")
    snapshots.take(name="Before the move", note="", by=by)
    seal_now()
    when, then = timezone.now(), everything()
    dump = tmp_path / "trial.dump"
    admin = os.environ["ADMIN_DATABASE_URL"]
    subprocess.run([POSTGRES_BIN / "pg_dump", "-Fc", "-f", dump, admin], check=True)
    restore(dump, elsewhere["ADMIN_DATABASE_URL"])

    with at(elsewhere["OWNER_DATABASE_URL"]):
        call_command("new_generation", "--by", "operator", "--reason", "moved", verbosity=0)
    with at(elsewhere["DATABASE_URL"]):
        assert verify().problems == ()
        assert everything() == then
        # Work goes on, in a generation of its own, and is sealed.
        study.enter(person, "D0", {"ALT": "77"}, cast.laboratory, reason="after the move")
        assert Event.objects.latest("id").generation == 2
        assert seal_now() > 0
        assert verify().ok
        # What was known before the move is answered there as here.
        moment = past.at_time(when)
        for dataset in DATASETS.values():
            with past.seen(moment, *dataset.reads):
                file = io.BytesIO()
                exports.write(dataset, dataset.everything(), "csv", file)
            assert file.getvalue() == then[dataset.name]
        taken = Snapshot.objects.get()
        assert past.of_snapshot(taken).seen.generation == 1
        for kept in SnapshotFile.objects.all():
            assert sum(map(len, snapshots.pieces_of(kept))) == kept.size
