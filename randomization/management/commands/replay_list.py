"""`manage.py replay_list --file FILE --salt HEX --commitment HEX [--seed HEX --design FILE]`.

A stranger's check after the trial: the published hash is that of this list, and the seed gives it
again. Needs no database. Exit code 1 where something differs.
"""

import json
from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from randomization.replay import Disclosed, ReplayError, check


def _hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise ArgumentTypeError("not hexadecimal") from error


class Command(BaseCommand):
    """Compare a list with its commitment, and with its seed."""

    help = "Check a disclosed randomisation list against its published hash and its seed."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--file", type=Path, required=True, help="the list, as it is disclosed")
        parser.add_argument("--salt", type=_hex, required=True, metavar="HEX")
        parser.add_argument("--commitment", required=True, metavar="HEX", help="as published")
        parser.add_argument("--seed", type=_hex, metavar="HEX")
        parser.add_argument("--design", type=Path, metavar="FILE", help="JSON, as it is disclosed")

    def handle(self, *args: object, **options: Any) -> None:
        try:
            design = options["design"] and json.loads(options["design"].read_text("utf-8"))
            given = Disclosed(options["salt"], options["commitment"], options["seed"], design)
            findings = check(options["file"].read_bytes(), given)
        except (OSError, ValueError, ReplayError) as error:
            raise CommandError(str(error)) from error
        for finding in findings:
            self.stdout.write(f"{'ok' if finding.ok else 'NOT ok'}: {finding.text}")
        if not all(finding.ok for finding in findings):
            raise CommandError("The list is not the one that was committed to.")
