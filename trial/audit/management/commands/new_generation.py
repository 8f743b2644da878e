"""`manage.py new_generation --by NAME --reason TEXT`: after a restore, before anything is written.

A logical restore sets PostgreSQL's transaction numbers back; without a new generation new events
would sort among the old ones and would not be sealed (F-142). Needs the owner's login.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection


class Command(BaseCommand):
    """Begin a new generation of the trail."""

    help = "Begin a new generation of the audit trail after a restore (docs/operations.md)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reason", required=True)
        parser.add_argument("--by", required=True, metavar="NAME", help="who restored")

    def handle(self, *args: object, **options: Any) -> None:
        if not options["reason"].strip() or not options["by"].strip():
            raise CommandError("Say who restored, and why.")
        with connection.cursor() as cursor:
            cursor.execute(
                "insert into audit_generation (number, started_by, reason)"
                " select max(number) + 1, %s, %s from audit_generation returning number",
                [options["by"], options["reason"]],
            )
            self.stdout.write(f"Generation {cursor.fetchone()[0]} begins.")
