"""`manage.py import_labs FILE --site 01 [--dry-run] [--mapping FILE] [--laboratory CODE]`.

The same upload, check and import as in the browser, worked off at once by this process.
"""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from labs.import_wording import failure_text, file_error_text, finding_text, stored_text
from labs.importing import mapping as mappings
from labs.importing.problems import FileError
from labs.models import ImportBatch, ImportStatus, Laboratory
from labs.services import imports
from trial.access import policy
from trial.access.exceptions import Refused
from trial.access.models import Site, User
from trial.access.roles import Permission
from trial.audit.context import Actor

SHOWN = 50


class Command(BaseCommand):
    """Import a laboratory's file; exit code 1 if it has errors or can't be read."""

    help = "Import a file of laboratory results (docs/import.md)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--site", required=True, metavar="CODE")
        parser.add_argument("--laboratory", metavar="CODE", help="if the site has several")
        parser.add_argument("--dry-run", action="store_true", help="check only")
        parser.add_argument(
            "--mapping", default="long", metavar="FILE",
            help=f"a JSON or TOML file, or one of {', '.join(mappings.builtin_names())}",
        )  # fmt: skip
        parser.add_argument(
            "--skip-errors", action="store_true", help="leave values with errors out"
        )
        parser.add_argument("--user", metavar="NAME", help="act as this user, with their rights")

    def handle(self, *args: object, **options: Any) -> None:
        site = Site.objects.filter(code=options["site"]).first()
        if site is None:
            raise CommandError(f"There is no site {options['site']}.")
        by = self._actor(options["user"], site)
        try:
            with options["file"].open("rb") as file:
                batch = imports.upload(
                    site=site,
                    laboratory=_laboratory(site, options["laboratory"]),
                    file=file,
                    file_name=options["file"].name,
                    mapping=_mapping(options["mapping"]),
                    by=by,
                    apply_when_checked=not options["dry_run"],
                    skip_errors=options["skip_errors"],
                )
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from error
        except Refused as refused:
            lines = [str(text) for texts in refused.errors.values() for text in texts]
            raise CommandError(" ".join(lines)) from refused
        imports.work(batch_id=batch.pk, process="command")
        self._report(ImportBatch.objects.get(pk=batch.pk), dry_run=options["dry_run"])

    @staticmethod
    def _actor(name: str | None, site: Site) -> Actor:
        if name is None:
            return Actor.system("import")
        user = User.objects.filter(username__iexact=name).first()
        decision = policy.can(user, Permission.LAB_IMPORT, site) if user else None
        if user is None or not isinstance(decision, policy.Allowed):
            raise CommandError(f"{name} may not import at site {site.code}.")
        return Actor.of(user, role=decision.role.value, site=site.code)

    def _report(self, batch: ImportBatch, *, dry_run: bool) -> None:
        counts = batch.counts
        for finding in batch.findings.order_by("line", "id")[:SHOWN]:
            place = " ".join(filter(None, [finding.column, finding.participant, finding.analyte]))
            given = f" {finding.given!r}" if finding.given else ""
            stored = f" (stored: {stored_text(finding.stored)})" if finding.stored else ""
            text = finding_text(finding.code, finding.params)
            self.stdout.write(f"{finding.kind} line {finding.line} {place}{given}: {text}{stored}")
        more = batch.findings.count() - SHOWN
        if more > 0:
            self.stdout.write(f"... and {more} more")
        names = ("new", "same", "conflict", "error", "warning", "blank")
        numbers = ", ".join(f"{counts.get(name, 0)} {name}" for name in names)
        self.stdout.write(f"{batch.rows_total} rows: {numbers}")
        if batch.status == ImportStatus.FAILED:
            raise CommandError(failure_text(batch.failure))
        if batch.status == ImportStatus.CHECKED and counts.get("error"):
            raise CommandError("Nothing was imported: the file has errors.")
        done = batch.status == ImportStatus.APPLIED
        self.stdout.write("Imported." if done else "Checked only." if dry_run else "Waiting.")


def _laboratory(site: Site, code: str | None) -> Laboratory:
    """The one named, or the site's own if it has just one."""
    found = Laboratory.objects.filter(code=code) if code else site.laboratories.all()
    rows = list(found[:2])
    if len(rows) == 1:
        return rows[0]
    known = ", ".join(Laboratory.objects.values_list("code", flat=True))
    raise CommandError(f"Name the laboratory with --laboratory: {known}.")


def _mapping(name: str) -> dict[str, Any]:
    try:
        if name in mappings.builtin_names():
            return mappings.builtin(name)
        return mappings.load(Path(name).read_text(encoding="utf-8"))
    except FileError as error:
        raise CommandError(file_error_text(error)) from error
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{name}: {error}") from error
