"""Telling the workers that work waits, without ever waiting for them.

A hint is lost if the broker is down, and may be: the sweeper finds what is pending by asking the
database. Hints leave through a thread of their own, so that a broker that hangs delays no save.
"""

import logging
import queue
import threading

from celery import current_app
from django.conf import settings
from django.db import transaction

from trial.crf.consequences import Change

logger = logging.getLogger(__name__)
_waiting: queue.Queue[tuple[str, int]] = queue.Queue(maxsize=1_000)
_lock = threading.Lock()
_publisher: threading.Thread | None = None

EVALUATE = "labs.evaluate"
IMPORT = "labs.import"


def evaluate_soon(participant_id: int) -> None:
    """After the transaction has committed, hint that this participant's labs wait."""
    transaction.on_commit(lambda: _hint(EVALUATE, participant_id), robust=True)


def after_form(change: Change) -> None:
    """After a form that the rules read was saved: as `evaluate_soon`."""
    evaluate_soon(change.owner.participant.pk)


def import_soon(batch_id: int) -> None:
    """After the transaction has committed, hint that this import waits."""
    transaction.on_commit(lambda: _hint(IMPORT, batch_id), robust=True)


def _hint(task: str, record_id: int) -> None:
    if not settings.HINT_TO_WORKERS:
        return
    try:
        _waiting.put_nowait((task, record_id))
    except queue.Full:
        logger.warning("hint dropped: %s %s (the sweeper will find it)", task, record_id)
        return
    _ensure_publisher()


def _ensure_publisher() -> None:
    global _publisher  # noqa: PLW0603 - one thread per process, started after gunicorn forks
    with _lock:
        if _publisher is None or not _publisher.is_alive():
            _publisher = threading.Thread(target=_publish, name="hints", daemon=True)
            _publisher.start()


def _publish() -> None:
    while True:
        task, record_id = _waiting.get()
        try:
            current_app.send_task(task, args=[record_id], retry=False, ignore_result=True)
        except Exception:  # noqa: BLE001 - whatever the broker does, the save stands
            logger.warning("hint not delivered: %s %s (the sweeper will find it)", task, record_id)
