"""`manage.py recheck`: try all edit checks on whoever has to be looked at again, to the end.

The sweeper does the same in each round (patients/rechecking.py); this is for who will not wait, as
after an amendment.
"""

from django.core.management.base import BaseCommand

from patients.rechecking import recheck_waiting
from trial.sweeping import Budget


class Command(BaseCommand):
    """Check everything anew that was not checked with the protocol and the data of now."""

    help = "Try the edit checks on every participant that was not checked as things stand now."

    def handle(self, *args: object, **options: object) -> None:
        total = 0
        while done := recheck_waiting(Budget.of(float("inf"))):
            total += done
        self.stdout.write(f"{total} participants were checked anew.")
