"""`manage.py verify_audit [--anchor FILE ...] [--without-data] [--sealed]`: is it what it was?

With --sealed, in a process that has the sealed login: the trail of what is sealed.

Compares every event with the seal over it, every row with its newest event, and the seals with
anchors that somebody kept outside. Exit code 1 with the first bad seal and row if not.
"""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from trial.audit import anchors, guard, seal

SHOWN = 20


class Command(BaseCommand):
    """Compare the trail with its seals, the data with the trail, both with anchors."""

    help = "Compare the audit trail with its seals, the data with the trail, and kept anchors."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--anchor", type=Path, action="append", default=[], metavar="FILE")
        parser.add_argument("--without-data", action="store_true", help="the trail alone")
        parser.add_argument("--sealed", action="store_true", help="the trail of what is sealed")

    def handle(self, *args: object, **options: Any) -> None:
        report = self._report(options)
        found = [*report.problems, *self._anchored(options["anchor"])]
        guarded = guard.differences()
        redacted = f", {report.redacted} redacted" if report.redacted else ""
        self.stdout.write(
            f"{report.seals} seals over {report.events} events{redacted};"
            f" {report.unsealed} not sealed yet"
        )
        for line in [*found[:SHOWN], *guarded[:SHOWN]]:
            self.stdout.write(f"  {line}")
        if found or guarded:
            first = found[0] if found else guarded[0]
            raise CommandError(f"NOT ok: {len(found) + len(guarded)} problems, first: {first}")
        self.stdout.write(f"ok{redacted}")

    @staticmethod
    def _report(options: dict[str, Any]) -> seal.Report:
        if not options["sealed"]:
            return seal.verify(data=not options["without_data"])
        if not settings.SEALED:
            raise CommandError("SEALED_DATABASE_URL is not set: this process can't read it.")
        if options["anchor"]:
            raise CommandError("Anchors are of the open trail: compare them without --sealed.")
        return seal.verify_sealed()

    @staticmethod
    def _anchored(files: list[Path]) -> list[seal.Problem]:
        try:
            kept = [anchors.read(file.read_text(encoding="utf-8")) for file in files]
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        return [problem for anchor in kept for problem in anchors.compare(anchor)]
