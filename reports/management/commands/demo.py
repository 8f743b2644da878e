"""`manage.py demo`: the simulated study, into an empty database."""

import os
from datetime import date

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from labs.management.commands.sweep import sweep
from patients.models import Participant
from reports.demo.load import ACCOUNTS, load
from trial.access.models import User

DEFAULT_PASSWORD = "demo-only-aih-trial"  # noqa: S105 - printed on the terminal, demo mode only


class Command(BaseCommand):
    """Load the demo study unless the database holds people already."""

    help = "Load the demo study into an empty database. Refused with production settings."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--participants", type=int, default=100)
        parser.add_argument("--today", type=date.fromisoformat, default=None)

    def handle(
        self, *args: object, participants: int, today: date | None, **options: object
    ) -> None:
        if not settings.DEMO:
            raise CommandError("The demo study is loaded only with DEMO=1, never in production.")
        if User.objects.exists() or Participant.objects.exists():
            self.stdout.write("The database is not empty: the demo study stays as it is.")
            return
        password = os.environ.get("DEMO_PASSWORD") or DEFAULT_PASSWORD
        self.stdout.write("Building the demo study")
        # The study is simulated up to a day, the same for every reader of the demo's dates.
        day = today or date.today()  # noqa: DTZ011 - the machine's own day is meant
        count = load(password=password, today=day, participants=participants, say=self.stdout.write)
        self.stdout.write(f"{count} participants; evaluating")
        sweep()
        self.stdout.write("Accounts: " + ", ".join(name for name, *_rest in ACCOUNTS))
