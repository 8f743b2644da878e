"""`manage.py sweep [--loop SECONDS]`: work off what waits, with nothing but PostgreSQL.

Runs beside the workers. It needs no broker, so nothing that Redis or Celery may lose stays
without its evaluation. One sweeper works at a time; a second one waits its turn.
"""

import logging
import signal
import threading
import time

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import InterfaceError, OperationalError, connection

from labs.services import evaluation, imports
from labs.services.open_questions import ask_open_questions
from trial import sweeping
from trial.access import alerts
from trial.audit import guard
from trial.audit.mailing import send_if_due
from trial.audit.seal import seal_if_due
from trial.inbox import mailing

logger = logging.getLogger("labs.sweep")
LOCK = 7_301_644  # the advisory lock of the sweep
ASK_EVERY = 600  # seconds between two looks at what is missing in the whole study
_asked = [-float(ASK_EVERY)]  # when this process last looked, on the monotonic clock


class Command(BaseCommand):
    """Seal the trail; evaluate and import what waits. Once or in a loop."""

    help = "Evaluate every participant whose labs wait for it, and work off waiting imports."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--loop", type=float, default=0, metavar="SECONDS")

    def handle(self, *args: object, loop: float, **options: object) -> None:
        stop = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
        while True:
            try:
                _round()
            except (OperationalError, InterfaceError) as error:
                # PostgreSQL restarts: try again with a fresh connection in the next round. Where
                # the connection went within a round, giving back the lock finds it closed.
                logger.warning("sweep interrupted: %s", error)
                connection.close()
            except Exception:
                if not loop:
                    raise
                logger.exception("a round of the sweep failed; the next one follows")
            if not loop or stop.wait(loop):
                return


def _round() -> None:
    """Seal, mail, work off what waits; nothing while the trail has no guards.

    What fails keeps nothing after it from being done, unless it is the database. Raises
    CommandError if anything did.
    """
    if problem := guard.problem():
        logger.critical("no work is done: %s", problem)
        return
    failed = []
    for step in (seal_if_due, send_if_due, alerts.send_waiting, mailing.send_waiting, sweep):
        try:
            step()
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("%s failed", step.__name__)
            failed.append(step.__name__)
    if failed:
        raise CommandError(f"not done: {', '.join(failed)}; the log says why")


def sweep() -> int:
    """What waits, once. Returns how many pieces of work were done.

    0 if another sweeper is at it.
    """
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return 0
    try:
        total = 0
        # Evaluations first: people wait for them. What an import brings is evaluated next.
        while done := evaluation.evaluate_pending(process="sweeper") or imports.work_waiting(
            process="sweeper"
        ):
            total += done
        if time.monotonic() - _asked[0] >= ASK_EVERY:
            ask_open_questions(process="sweeper")
            _asked[0] = time.monotonic()
        total += sweeping.work_joined()
        if total:
            logger.info("worked off %s", total)
        return total
    finally:
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_unlock(%s)", [LOCK])
