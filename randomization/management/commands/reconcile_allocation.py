"""`manage.py reconcile_allocation [--newest NUMBER --by NAME]`: after a restore, does all agree?

The ordinary backup and that of the sealed schema are two files and may be of two moments, and both
may be older than the last randomisation. Nobody is randomised before allocations and slots agree
and the newest number that the sites have on paper is known here (F-022, F-143;
docs/operations.md). Without arguments it compares; with them it records that it was compared, and
randomisation goes on. Runs in a process with the sealed login; prints no arm. Exit code 1 with
what differs.
"""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from patients.models import Participant
from randomization.models import Allocation
from randomization.sealed.reconciling import differences, reconcile
from trial.audit.context import Actor


class Command(BaseCommand):
    """Compare randomization_allocation with the sealed slots, and record it."""

    help = "Compare the allocations that everybody sees with the sealed slots behind them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--newest", metavar="NUMBER", help="newest number the sites know of")
        parser.add_argument("--by", metavar="NAME", help="who compared")

    def handle(self, *args: object, **options: Any) -> None:
        if not settings.SEALED:
            raise CommandError("SEALED_DATABASE_URL is not set: the slots can't be compared.")
        if (options["newest"] is None) != (options["by"] is None):
            raise CommandError("Give --newest and --by together.")
        self._compare()
        if options["newest"] is not None:
            self._record(options["newest"].strip(), options["by"].strip())

    def _compare(self) -> None:
        found = differences()
        codes = dict(Participant.objects.order_by().values_list("pk", "code"))
        for one in found:
            who = codes.get(one.participant_id, f"id {one.participant_id}, not in this database")
            self.stdout.write(f"  {one.problem}: participant {who}, {one.stratum} {one.number}")
        newest = Allocation.objects.select_related("participant").order_by("-pk").first()
        if newest is not None:
            at = newest.allocated_at.isoformat(timespec="seconds")
            whom = newest.participant.code
            self.stdout.write(f"the newest allocation is {newest.number} of {whom} at {at}")
        if found:
            raise CommandError(
                f"NOT ok: {len(found)} differ. Nobody is randomised until they agree."
            )
        self.stdout.write("ok: every allocation has its slot, every taken slot its allocation")

    def _record(self, newest: str, name: str) -> None:
        if not name:
            raise CommandError("Say who compared.")
        if newest and not Allocation.objects.filter(number=newest).exists():
            raise CommandError(
                f"NOT ok: {newest} is not here. This copy is older than that randomisation."
            )
        reconcile(newest=newest, by=Actor(name=name, role="operator"))
        self.stdout.write("recorded: randomisation goes on")
