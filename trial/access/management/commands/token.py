"""`manage.py token USER [--days N]`: print a new API token of a user."""

from django.core.management.base import BaseCommand, CommandError, CommandParser

from trial.access.models import User
from trial.access.services import TOKEN_DAYS, issue_token
from trial.audit.context import Actor


class Command(BaseCommand):
    """Issue an API token; its key is shown this once."""

    help = "Print a new API token of a user. It is shown once and can't be read again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--days", type=int, default=TOKEN_DAYS)

    def handle(self, *args: object, username: str, days: int, **options: object) -> None:
        user = User.objects.filter(username__iexact=username, is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active user '{username}'.")
        self.stdout.write(issue_token(user=user, by=Actor.system("token"), days=days))
