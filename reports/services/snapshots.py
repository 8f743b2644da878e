"""Taking a snapshot, and giving its files out again, byte for byte."""

import gzip
import hashlib
import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from reports import exports
from reports.build import build_id
from reports.dataset import Dataset
from reports.datasets import DATASETS
from reports.models import Snapshot, SnapshotChunk, SnapshotFile
from reports.models.snapshot import protocols_now
from trial.access.exceptions import Refused
from trial.audit import context, events
from trial.audit.context import Actor
from trial.audit.seal import last_seal, seal_now
from trial.audit.watermark import watermark

CHUNK = 1_000_000
_LOCK = 7_202_601  # one snapshot at a time: the number is the next one
log = logging.getLogger(__name__)


class Damaged(Exception):  # noqa: N818 - what has become of it
    """A stored file is not what it was when the snapshot was taken."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A file of a snapshot, to be read once, piece by piece."""

    file: SnapshotFile
    pieces: Iterator[bytes]


def take(*, name: str, note: str, by: Actor) -> Snapshot:
    """Seal the trail, and keep every dataset of this moment in every format.

    Raises Refused for a name without letters and while another snapshot is being taken. Not to be
    called inside a transaction.
    """
    if not name.strip():
        raise Refused({"name": [_("Give the snapshot a name.")]})
    with _alone():
        seal_now()
        with transaction.atomic(durable=True):
            with connection.cursor() as cursor:
                cursor.execute("set transaction isolation level repeatable read")
                cursor.execute("set local statement_timeout = '10min'")
            with context.transaction(by=by, reason=note):
                return _take(name.strip(), note.strip(), by)


@contextmanager
def _alone() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            raise Refused({"name": [_("Another snapshot is being taken. Try again later.")]})
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_unlock(%s)", [_LOCK])


def _take(name: str, note: str, by: Actor) -> Snapshot:
    seen, seal = watermark(), last_seal()
    taken = Snapshot.objects.create(
        number=(Snapshot.objects.aggregate(last=Max("number"))["last"] or 0) + 1,
        name=name,
        note=note,
        taken_at=timezone.now(),
        taken_by=by.name,
        seen_generation=seen.generation,
        seen_snapshot=seen.snapshot,
        seal_number=seal.n if seal else 0,
        seal_root=bytes(seal.root).hex() if seal else "",
        version=settings.VERSION,
        build=build_id(),
        protocols=protocols_now(),
    )
    files = [_keep(taken, dataset, how) for dataset in DATASETS.values() for how in exports.FORMATS]
    events.record(
        events.Act.SNAPSHOT_TAKEN,
        by=by,
        record=f"reports_snapshot:{taken.pk}",
        reason=note,
        details={
            "number": taken.number,
            "name": name,
            "seal": taken.seal_number,
            "root": taken.seal_root,
            "files": {f"{f.dataset}.{f.format}": f.sha256 for f in files},
        },
    )
    return taken


def _keep(taken: Snapshot, dataset: Dataset, how: exports.Format) -> SnapshotFile:
    """One file, written to disk first and then stored piece by piece: flat memory."""
    with tempfile.TemporaryFile() as file:
        made = exports.write(dataset, dataset.everything(), how, file)
        file.seek(0)
        kept = SnapshotFile.objects.create(
            snapshot=taken,
            dataset=dataset.name,
            format=how,
            rows=made.rows,
            size=made.size,
            sha256=made.sha256,
        )
        _store(kept, file)
    return kept


def _store(kept: SnapshotFile, file: IO[bytes]) -> None:
    number = 0
    while piece := file.read(CHUNK):
        SnapshotChunk.objects.create(
            file=kept, number=number, data=gzip.compress(piece, compresslevel=6, mtime=0)
        )
        number += 1


def file_of(number: int, dataset: str, how: str) -> SnapshotFile:
    """A file of the snapshot with this number. Raises Refused if it was not kept then."""
    files = SnapshotFile.objects.select_related("snapshot")
    found = files.filter(snapshot__number=number, dataset=dataset, format=how).first()
    if found is None:
        raise Refused({"snapshot": [_("This snapshot has no such file.")]})
    return found


def serve(*, file: SnapshotFile, by: Actor) -> Stored:
    """A stored file to give out, recorded as an export."""
    details = {"dataset": file.dataset, "format": file.format, "filters": {}, "rows": file.rows,
               "sha256": file.sha256, "snapshot": file.snapshot.number,
               "snapshot_at": file.snapshot.taken_at.isoformat()}  # fmt: skip
    events.record(events.Act.EXPORTED, by=by, record=f"dataset:{file.dataset}", details=details)
    return Stored(file, pieces_of(file))


def pieces_of(file: SnapshotFile) -> Iterator[bytes]:
    """The file's bytes. The last piece comes only if all of it is what was stored.

    Raises Damaged otherwise: the reader is left with a file that is visibly cut off.
    """
    found, held, number = hashlib.sha256(), b"", 0
    while (stored := _piece(file, number)) is not None:
        if held:
            yield held
        try:
            held = gzip.decompress(stored)
        except (OSError, EOFError) as error:
            raise _damaged(file) from error
        found.update(held)
        number += 1
    if found.hexdigest() != file.sha256:
        raise _damaged(file)
    yield held


def _piece(file: SnapshotFile, number: int) -> bytes | None:
    chunks = SnapshotChunk.objects.filter(file=file, number=number)
    data = chunks.values_list("data", flat=True).first()
    return None if data is None else bytes(data)


def _damaged(file: SnapshotFile) -> Damaged:
    log.critical("snapshot_damaged", extra={"file": file.pk, "snapshot": file.snapshot_id})
    return Damaged(str(file))
