"""`manage.py sweep [--loop SECONDS]`: work off what waits, with nothing but PostgreSQL.

Runs beside the workers. It needs no broker, so nothing that Redis or Celery may lose stays
without its evaluation. One sweeper works at a time; a second one waits its turn.
"""

import logging
import signal
import threading

from django.core.management.base import BaseCommand, CommandParser
from django.db import OperationalError, connection

from labs.services import evaluation, gap_checks, imports

logger = logging.getLogger("labs.sweep")
LOCK = 7_301_644  # the advisory lock of the sweep


class Command(BaseCommand):
    """Evaluate and import what waits and ask about gaps, once or in a loop."""

    help = (
        "Evaluate every participant whose labs wait for it, work off waiting imports, and raise "
        "or close the queries about incomplete labs."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--loop", type=float, default=0, metavar="SECONDS")

    def handle(self, *args: object, loop: float, **options: object) -> None:
        stop = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
        while True:
            try:
                done = sweep()
                if done:
                    logger.info("worked off %s", done)
            except OperationalError as error:
                # PostgreSQL restarts: try again with a fresh connection in the next round.
                logger.warning("sweep interrupted: %s", error)
                connection.close()
            if not loop or stop.wait(loop):
                return


def sweep() -> int:
    """One round. Returns how many participants were evaluated and files worked on; 0 if another
    sweeper is at it."""
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
        # What the evaluation could not compute is asked about after it.
        gap_checks.check_gaps()
        return total
    finally:
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_unlock(%s)", [LOCK])
