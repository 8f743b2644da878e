"""`manage.py snapshot NAME --by USER`: a snapshot of a study too large for a request."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reports.services.snapshots import take
from trial.access.exceptions import Refused
from trial.access.models import User
from trial.access.policy import Allowed, can
from trial.access.roles import Permission
from trial.audit.context import Actor


class Command(BaseCommand):
    """Take a snapshot in the name of a user who may."""

    help = "Seal the trail and keep every dataset as it is now."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--by", required=True, metavar="USER")
        parser.add_argument("--note", default="")

    def handle(self, *args: object, **options: Any) -> None:
        user = User.objects.filter(username=options["by"]).first()
        allowed = can(user, Permission.SNAPSHOT_TAKE) if user else None
        if user is None or not isinstance(allowed, Allowed):
            raise CommandError("This user may not take snapshots.")
        by = Actor.of(user, role=allowed.role.value)
        try:
            taken = take(name=options["name"], note=options["note"], by=by)
        except Refused as refused:
            raise CommandError(
                " ".join(str(m) for ms in refused.errors.values() for m in ms)
            ) from None
        for file in taken.files.all():
            self.stdout.write(f"{file.sha256}  {file.dataset}.{file.format}")
        self.stdout.write(self.style.SUCCESS(f"Snapshot {taken.number} is taken."))
