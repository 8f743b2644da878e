"""`manage.py reconcile_allocation`: after a restore, do allocations and sealed slots agree?

The ordinary backup and that of the sealed schema are two files and may be of two moments. Until
they agree, and agree with what was told to the sites (numbers on printed pages, bags given),
nobody may be randomised (F-022, F-143; docs/operations.md). Runs in a process with the sealed
login; prints no arm. Exit code 1 with what differs.
"""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from patients.models import Participant
from randomization.models import Allocation
from trial.audit.context import SEALED_DB_ALIAS


class Command(BaseCommand):
    """Compare randomization_allocation with the sealed slots."""

    help = "Compare the allocations that everybody sees with the sealed slots behind them."

    def handle(self, *args: object, **options: object) -> None:
        if not settings.SEALED:
            raise CommandError("SEALED_DATABASE_URL is not set: the slots can't be compared.")
        with connections[SEALED_DB_ALIAS].cursor() as cursor:
            cursor.execute("select participant_id, stratum, number, problem"
                           " from sealed.unreconciled()")  # fmt: skip
            found = cursor.fetchall()
        codes = dict(Participant.objects.order_by().values_list("pk", "code"))
        for person, stratum, number, problem in found:
            who = codes.get(person, f"id {person}, not in this database")
            self.stdout.write(f"  {problem}: participant {who}, {stratum} {number}")
        self._newest()
        if found:
            raise CommandError(f"NOT ok: {len(found)} differ. Nobody may be randomised yet.")
        self.stdout.write("ok: every allocation has its slot, every taken slot its allocation")

    def _newest(self) -> None:
        """What the sites' own papers have to be compared with."""
        newest = Allocation.objects.select_related("participant").order_by("-pk").first()
        if newest is not None:
            at = newest.allocated_at.isoformat(timespec="seconds")
            self.stdout.write(
                f"{Allocation.objects.count()} allocations, the newest {newest.number}"
                f" of {newest.participant.code} at {at}"
            )
