"""Bringing in a laboratory's file: upload, check (dry run), confirm, apply.

The file is a row in the database before anything else happens; checking and applying are done by
whoever comes first, the worker that got a hint or the sweeper, and can begin again at any time.
"""

import hashlib
import logging
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any

from django.conf import settings
from django.db import DatabaseError, OperationalError, connection
from django.utils import timezone
from django.utils.translation import gettext as _

from labs.import_facts import rules_mark
from labs.import_wording import failure_text, file_error_text
from labs.importing.mapping import parse
from labs.importing.problems import FileError
from labs.importing.reading import sniff
from labs.models import ImportBatch, ImportChunk, ImportPlan, ImportStatus, Laboratory
from labs.models.importing import WAITING
from labs.services import hints
from labs.services.import_apply import ChangedSinceCheckError, write
from labs.services.import_check import check, clear
from labs.services.import_progress import Progress, progress_of
from trial.access.exceptions import Refused
from trial.access.models import Site
from trial.audit import events
from trial.audit.context import Actor, transaction
from trial.audit.records import Place
from trial.quality.exceptions import Locked
from trial.quality.selectors.holds import require_open

logger = logging.getLogger(__name__)
PIECE = 256 * 1024
LOCK = 7_301_645  # with the batch's id: the advisory lock of whoever works on it
MAX_STARTS = 5
HINTED = 50  # more participants than this are left to the sweeper


# --- upload ---------------------------------------------------------------------------------------
def upload(
    *,
    site: Site,
    laboratory: Laboratory,
    file: IO[bytes],
    file_name: str,
    mapping: Mapping[str, Any],
    by: Actor,
    apply_when_checked: bool = False,
    skip_errors: bool = False,
) -> ImportBatch:
    """Keep a file to be checked. `file` is read twice, piece by piece.

    Raises Refused ("file", "mapping", "laboratory") for what can be seen at once.
    """
    _require_usable(site, laboratory, mapping)
    size, digest, lines = _measure(file, mapping)
    with transaction(by=by):
        require_open(Place(site.pk))
        batch = ImportBatch.objects.create(
            site=site,
            laboratory=laboratory,
            file_name=plain_name(file_name),
            sha256=digest,
            size=size,
            mapping=dict(mapping),
            rows_total=max(lines - 1, 0),
            apply_when_checked=apply_when_checked,
            skip_errors=skip_errors,
            uploaded_by=by.name,
            uploaded_by_id=by.id,
            uploaded_role=by.role,
        )
        file.seek(0)
        for number, piece in enumerate(iter(lambda: file.read(PIECE), b"")):
            ImportChunk.objects.create(batch=batch, number=number, data=piece)
        hints.import_soon(batch.pk)
    return batch


def _require_usable(site: Site, laboratory: Laboratory, mapping: Mapping[str, Any]) -> None:
    if laboratory.site_id not in (None, site.pk):
        raise Refused({"laboratory": [_("This laboratory does not work for the site.")]})
    try:
        parse(mapping)
    except FileError as error:
        raise Refused({"mapping": [file_error_text(error)]}) from error


def _measure(file: IO[bytes], mapping: Mapping[str, Any]) -> tuple[int, str, int]:
    """(bytes, SHA-256, lines) of a file that may be kept. Raises Refused("file")."""
    file.seek(0)
    digest, size, lines = hashlib.sha256(), 0, 0
    try:
        for piece in iter(lambda: file.read(PIECE), b""):
            if not size:
                sniff(piece[:1_024], str(mapping.get("encoding", "utf-8")))
            size += len(piece)
            if size > settings.IMPORT_MAX_BYTES:
                raise FileError("too_big", max=settings.IMPORT_MAX_BYTES // 1_000_000)
            digest.update(piece)
            lines += piece.count(b"\n")
        if not size:
            raise FileError("empty")
    except FileError as error:
        raise Refused({"file": [file_error_text(error)]}) from error
    return size, digest.hexdigest(), lines


def plain_name(text: str) -> str:
    """A file's name without folders, hidden characters and excess length; F-106, F-123."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", text))[-1]
    kept = "".join(c for c in last if not unicodedata.category(c).startswith(("C", "Zl", "Zp")))
    kept = kept.strip().lstrip(".")
    return kept[-120:] or "file.csv"


# --- what a person decides ------------------------------------------------------------------------
def confirm(*, batch: ImportBatch, by: Actor, skip_errors: bool = False) -> ImportBatch:
    """Agree to import what the check has shown. Raises Refused if it shows errors and
    `skip_errors` (leave those values out) is not chosen."""
    with transaction(by=by):
        batch = _lock(batch.pk)
        require_open(Place(batch.site_id))
        if batch.status != ImportStatus.CHECKED:
            raise Refused({"": [_("This file is not waiting for a decision.")]})
        if batch.counts.get("error") and not skip_errors:
            raise Refused({"skip_errors": [_("The file has errors. Choose to leave them out.")]})
        _confirm(batch, by, skip_errors)
        hints.import_soon(batch.pk)
    return batch


def _confirm(batch: ImportBatch, by: Actor, skip_errors: bool) -> None:
    batch.status = ImportStatus.CONFIRMED
    batch.skip_errors = skip_errors
    batch.confirmed_at = timezone.now()
    batch.confirmed_by, batch.confirmed_by_id = by.name, by.id
    batch.confirmed_role = by.role
    batch.save()


def discard(*, batch: ImportBatch, by: Actor) -> ImportBatch:
    """Throw away a file that is not to be imported, with everything staged from it."""
    with transaction(by=by):
        batch = _lock(batch.pk)
        if batch.status not in (ImportStatus.CHECKED, ImportStatus.FAILED, ImportStatus.UPLOADED):
            raise Refused({"": [_("This file is not waiting for a decision.")]})
        batch.status = ImportStatus.DISCARDED
        batch.save(update_fields=["status"])
        clear(batch, by=by)
        ImportChunk.objects.filter(batch=batch).delete()
    return batch


def _lock(batch_id: int) -> ImportBatch:
    found = ImportBatch.objects.select_for_update(of=("self",))
    return found.select_related("site", "laboratory").get(pk=batch_id)


# --- the work -------------------------------------------------------------------------------------
def work_waiting(*, process: str) -> int:
    """Work off every import that waits. Returns how many were worked on."""
    waiting = ImportBatch.objects.filter(status__in=WAITING).order_by("id")
    done = 0
    for batch_id in list(waiting.values_list("id", flat=True)):
        try:
            done += work(batch_id=batch_id, process=process)
        except OperationalError:
            connection.close_if_unusable_or_obsolete()
    return done


def work(*, batch_id: int, process: str, task_id: str = "") -> bool:
    """Do what waits for one import. Returns False if there is nothing, or somebody is at it.

    A lost connection leaves the batch waiting; any other failure marks it as failed.
    """
    with _alone(batch_id) as mine, progress_of(batch_id) as progress:
        waiting = ImportBatch.objects.filter(pk=batch_id, status__in=WAITING)
        if not mine or not waiting.exists():
            return False
        by = Actor.system("import", request_id=task_id)
        try:
            if progress.start() > MAX_STARTS:
                raise FileError("attempts")
            _steps(batch_id, by, task_id, progress)
        except OperationalError:
            logger.warning("import %s interrupted in the %s; it waits", batch_id, process)
            raise
        except FileError as error:
            _fail(batch_id, error, by)
        except Exception:
            logger.exception("import %s failed", batch_id)
            _fail(batch_id, FileError("internal"), by)
    return True


@contextmanager
def _alone(batch_id: int) -> Iterator[bool]:
    """One process works on a batch at a time; the lock goes with the connection."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s, %s)", [LOCK, batch_id])
        mine = bool(cursor.fetchone()[0])
    try:
        yield mine
    finally:
        if mine and connection.connection is not None and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("select pg_advisory_unlock(%s, %s)", [LOCK, batch_id])


def _steps(batch_id: int, by: Actor, task_id: str, progress: Progress) -> None:
    batch = _move(batch_id, ImportStatus.UPLOADED, ImportStatus.CHECKING, by)
    if batch.status == ImportStatus.CHECKING:
        rules = rules_mark(batch)
        rows, counts = check(batch=batch, by=by, report=progress)
        _checked(batch_id, rows, counts, rules, by)
    batch = _move(batch_id, ImportStatus.CONFIRMED, ImportStatus.APPLYING, by)
    if batch.status == ImportStatus.APPLYING:
        try:
            _apply(batch, task_id, progress)
        except ChangedSinceCheckError:
            _look_again(batch_id, by)
        except DatabaseError as error:
            if Locked.of(error) is None:
                raise
            _look_again(batch_id, by)  # frozen or locked between the last look and the write


def _move(batch_id: int, before: ImportStatus, after: ImportStatus, by: Actor) -> ImportBatch:
    with transaction(by=by):
        batch = _lock(batch_id)
        if batch.status == before:
            batch.status = after
            batch.save(update_fields=["status"])
    return batch


def _checked(batch_id: int, rows: int, counts: Counter[str], rules: str, by: Actor) -> None:
    with transaction(by=by):
        batch = _lock(batch_id)
        batch.status = ImportStatus.CHECKED
        batch.rows_total, batch.counts, batch.rules = rows, dict(counts), rules
        batch.save(update_fields=["status", "rows_total", "counts", "rules"])
        events.record(
            events.Act.DRY_RUN, by=by, record=f"labs_importbatch:{batch.pk}", details=batch.counts
        )
        if batch.apply_when_checked and (batch.skip_errors or not counts["error"]):
            _confirm(batch, uploader(batch), batch.skip_errors)


def uploader(batch: ImportBatch, task_id: str = "") -> Actor:
    """Who brought the file, as the trail names them."""
    return Actor(
        name=batch.uploaded_by,
        id=batch.uploaded_by_id,
        role=batch.uploaded_role,
        site=batch.site.code,
        request_id=task_id,
    )


def _apply(batch: ImportBatch, task_id: str, progress: Progress) -> None:
    """The one transaction, under the name of whoever confirmed it."""
    by = Actor(
        name=batch.confirmed_by or batch.uploaded_by,
        id=batch.confirmed_by_id,
        role=batch.confirmed_role,
        site=batch.site.code,
        request_id=task_id,
    )
    reason = f"import {batch.file_name} {batch.sha256[:12]}"
    with transaction(by=by, reason=reason):
        batch = _lock(batch.pk)
        counts = write(batch=batch, by=by, reason=reason, report=progress)
        people = list(
            ImportPlan.objects.filter(batch=batch).values_list("participant_id", flat=True)
        )
        batch.status = ImportStatus.APPLIED
        batch.applied_at = timezone.now()
        kept = {name: batch.counts.get(name, 0) for name in ("blank", "repeated", "file_error")}
        counts["error"] += kept["file_error"]
        batch.counts = kept | dict(counts)
        batch.save(update_fields=["status", "applied_at", "counts"])
        events.record(
            events.Act.IMPORTED, by=by, record=f"labs_importbatch:{batch.pk}", details=batch.counts
        )
        clear(batch, by=by, findings=False)
        for participant_id in sorted(set(people)) if len(set(people)) <= HINTED else ():
            hints.evaluate_soon(participant_id)


def _look_again(batch_id: int, by: Actor) -> None:
    """Records changed so that errors came up: check anew, and ask the person again."""
    with transaction(by=by):
        batch = _lock(batch_id)
        batch.status = ImportStatus.UPLOADED
        batch.apply_when_checked = False
        batch.confirmed_at = batch.confirmed_by = batch.confirmed_by_id = None
        batch.save()
        hints.import_soon(batch_id)


def _fail(batch_id: int, error: FileError, by: Actor) -> None:
    with transaction(by=by):
        batch = _lock(batch_id)
        batch.status = ImportStatus.FAILED
        batch.failure = {"code": error.code, "params": error.params}
        batch.save(update_fields=["status", "failure"])
        clear(batch, by=by)
    logger.info("import %s: %s", batch_id, failure_text(batch.failure))
