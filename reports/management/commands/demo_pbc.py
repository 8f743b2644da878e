"""`manage.py demo_pbc`: a real trial's laboratory data, into an empty database."""

import os

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from labs.management.commands.sweep import sweep
from patients.models import Participant
from reports.demo.pbc import load
from reports.management.commands.demo import DEFAULT_PASSWORD
from trial.access.models import User


class Command(BaseCommand):
    """Import the data set pbcseq unless the database holds people already."""

    help = "Import the PBC trial's follow-up data. Refused with production settings."

    def handle(self, *args: object, **options: object) -> None:
        if not settings.DEMO:
            raise CommandError("The PBC data are loaded only with DEMO=1, never in production.")
        if User.objects.exists() or Participant.objects.exists():
            self.stdout.write("The database is not empty: it stays as it is.")
            return
        password = os.environ.get("DEMO_PASSWORD") or DEFAULT_PASSWORD
        self.stdout.write("Importing the PBC trial's laboratory data (pbcseq)")
        for loaded in load(password=password, say=self.stdout.write):
            self.stdout.write("  " + loaded.text)
        self.stdout.write("Evaluating")
        sweep()
