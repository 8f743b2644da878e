"""`manage.py token USER [--days N] [--scope read|write] [--network CIDR ...]`: a new API token."""

from django.core.management.base import BaseCommand, CommandError, CommandParser

from trial.access.exceptions import Refused
from trial.access.models import TokenScope, User
from trial.access.services import TOKEN_DAYS, issue_token
from trial.audit.context import Actor


class Command(BaseCommand):
    """Issue an API token; its key is shown this once."""

    help = "Print a new API token of a user. It is shown once and can't be read again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--days", type=int, default=TOKEN_DAYS, help="how long it is valid")
        parser.add_argument(
            "--scope",
            choices=TokenScope.values,
            default=TokenScope.WRITE,
            help="read: for reading alone; write: for all that the user's roles allow (default)",
        )
        parser.add_argument(
            "--network",
            action="append",
            default=[],
            metavar="CIDR",
            help="it may be used from here only; may be given again",
        )

    def handle(
        self,
        *args: object,
        username: str,
        days: int,
        scope: str,
        network: list[str],
        **options: object,
    ) -> None:
        user = User.objects.filter(username__iexact=username, is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active user '{username}'.")
        try:
            key = issue_token(
                user=user,
                by=Actor.system("token"),
                days=days,
                scope=TokenScope(scope),
                networks=network,
            )
        except Refused as refused:
            raise CommandError(
                " ".join(str(m) for ms in refused.errors.values() for m in ms)
            ) from refused
        self.stdout.write(key)
