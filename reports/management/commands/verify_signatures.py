"""`manage.py verify_signatures [--site 01]`: does every standing signature still fit its record?

Reads each signed record anew and compares its hash. A record changed through the system is
reported but is no fault: it is shown as changed and has to be signed again. A hash that differs
without a change in the trail is: somebody wrote past the system. Exit code 1 if there is one.
"""

from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from trial.signing.content import signed
from trial.signing.models import Signature
from trial.signing.selectors import State, state_of


class Command(BaseCommand):
    """Compare every current signature with the record it was given for."""

    help = "Compare every current signature with the record it was given for."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--site", default="", help="two digits; all sites without it")

    def handle(self, *args: object, **options: Any) -> None:
        found: Counter[State] = Counter()
        rows = Signature.objects.current().select_related("site").order_by("id")
        if options["site"]:
            rows = rows.filter(site__code=options["site"])
        for signature in rows.iterator(chunk_size=500):
            state = state_of(signature, signed(signature).rows)
            found[state] += 1
            if state != State.INTACT:
                self.stdout.write(f"  {state}: signature {signature.pk}, {signature}")
        self.stdout.write(
            f"{found.total()} signatures: {found[State.INTACT]} intact,"
            f" {found[State.CHANGED]} changed since, {found[State.MISMATCH]} mismatch"
        )
        if found[State.MISMATCH]:
            raise CommandError(
                f"NOT ok: {found[State.MISMATCH]} signatures do not fit their record"
            )
