"""`manage.py anchor`: seal the trail and print a signed anchor, to be kept elsewhere."""

from django.core.management.base import BaseCommand, CommandError

from trial.audit import anchors, events
from trial.audit.context import Actor
from trial.audit.seal import seal_now


class Command(BaseCommand):
    """Print an anchor of the newest seal as JSON."""

    help = "Seal the audit trail and print a signed anchor as JSON."

    def handle(self, *args: object, **options: object) -> None:
        seal_now()
        anchor = anchors.make()
        if anchor is None:
            raise CommandError("Nothing is recorded yet: there is no seal.")
        details = {"seal": anchor.seal, "root": anchor.root, "to": "command line"}
        events.record(events.Act.ANCHORED, by=Actor.system("anchor"), details=details)
        self.stdout.write(anchor.text())
