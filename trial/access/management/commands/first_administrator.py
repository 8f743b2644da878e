"""`manage.py first_administrator USER --name NAME`: the way into a new installation.

Makes the account of the first administrator and prints the link with which they choose a password.
Refused once somebody is administrator: from then on administrators make accounts, two agreeing.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from trial.access.exceptions import Refused
from trial.access.models import Membership
from trial.access.roles import Role
from trial.access.services import create_user, grant_role
from trial.access.setup_links import issue_setup_link
from trial.audit.context import Actor, transaction


class Command(BaseCommand):
    """Make the first administrator of a new installation."""

    help = "Make the first administrator, and print the link at which they choose a password."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", required=True, help="full name")
        parser.add_argument("--email", default="")

    def handle(self, *args: object, **options: Any) -> None:
        by = Actor.system("first-administrator")
        try:
            with transaction(by=by, reason="new installation"):
                if Membership.objects.filter(role=Role.ADMIN).exists():
                    raise CommandError("There is an administrator already: ask them.")
                user = create_user(
                    username=options["username"],
                    full_name=options["name"],
                    email=options["email"],
                    password=None,
                    by=by,
                )
                grant_role(user=user, role=Role.ADMIN, site=None, by=by)
                path = issue_setup_link(user=user, by=by, reason="new installation")
        except Refused as refused:
            lines = [str(text) for texts in refused.errors.values() for text in texts]
            raise CommandError(" ".join(lines)) from refused
        self.stdout.write(f"Open once, within an hour, below the site's address: {path}")
