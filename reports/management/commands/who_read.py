"""`manage.py who_read CODE --from ISO --to ISO`: who was shown a participant's data, as CSV (R-54).

For a breach report: pages and answers about this participant first, then, with `--lists`, the
lists and files of that time in which the participant may have stood.
"""

import csv
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from patients.models import Participant
from reports.selectors.readings import lists_shown, readings_of


class Command(BaseCommand):
    """Print who read a participant's data between two times."""

    help = "Who was shown a participant's data between two times, as CSV."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code")
        parser.add_argument("--from", dest="first", type=datetime.fromisoformat, required=True)
        parser.add_argument("--to", dest="last", type=datetime.fromisoformat, required=True)
        parser.add_argument("--lists", action="store_true", help="lists and files as well")

    def handle(self, *args: object, **options: Any) -> None:
        participant = Participant.objects.filter(code=options["code"]).first()
        if participant is None:
            raise CommandError(f"There is no participant {options['code']}.")
        first, last = _aware(options["first"]), _aware(options["last"])
        write = csv.writer(self.stdout, lineterminator="\n").writerow
        write(["at", "user", "view", "named", "address", "request"])
        found = list(readings_of(participant, first, last))
        if options["lists"]:
            found += list(lists_shown(first, last))
        for row in found:
            named = " ".join(f"{name}={value}" for name, value in sorted(row.record.items()))
            at = row.at.isoformat(timespec="seconds")
            write([at, row.username, row.view, named, row.address, row.request_id])


def _aware(at: datetime) -> datetime:
    return at if timezone.is_aware(at) else timezone.make_aware(at)
