"""What an import page or download shows of a batch: counts, findings in words, progress."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from labs.import_wording import finding_text, stored_text
from labs.models import ImportBatch, ImportFinding, ImportProgress, ImportStatus
from trial.protocol import registry
from trial.protocol.label import Label
from trial.web.status import Status

KINDS: dict[str, str | Promise] = {
    "error": gettext_lazy("Errors"),
    "conflict": gettext_lazy("Conflicts"),
    "warning": gettext_lazy("Warnings"),
}
SHOWN = 1_000
COUNTED = (
    *("new", "same", "conflict", "error", "warning", "blank", "repeated"),
    *("panels_new", "panels_changed", "visits_new"),
)
STATES = {
    ImportStatus.CHECKED: Status.NEEDS_YOU,
    ImportStatus.APPLIED: Status.DONE,
    ImportStatus.FAILED: Status.NEEDS_YOU,
    ImportStatus.DISCARDED: Status.MISSED,
}
# What a spreadsheet would take for a formula, full-width signs included (F-124).
_FORMULA = re.compile(r"^[=+@\t\r\n＝＋－＠-]")


@dataclass(frozen=True, slots=True)
class Shown:
    """One finding in words."""

    kind: str
    line: int
    column: str
    participant: str
    analyte: Label | str
    given: str
    stored: str
    text: str


@dataclass(frozen=True, slots=True)
class State:
    """A batch's state as a badge: the status component's state, and its word."""

    status: Status
    word: str


def state_of(batch: ImportBatch) -> State:
    """How the status of a batch is drawn."""
    status = STATES.get(ImportStatus(batch.status), Status.PENDING)
    return State(status, str(batch.get_status_display()))


def counts_of(batch: ImportBatch) -> dict[str, int]:
    """All counts of a batch; 0 for what it has none of."""
    counts: dict[str, int] = dict.fromkeys(COUNTED, 0) | batch.counts
    return counts


def progress_of(batch: ImportBatch) -> tuple[int, int]:
    """(rows done, rows in all) of the work under way; (0, 0) before it begins."""
    row = ImportProgress.objects.filter(batch_id=batch.pk).first()
    return (row.done, row.total) if row else (0, 0)


def kinds_of(batch: ImportBatch) -> dict[str, int]:
    """How many findings of each kind there are, in the order of KINDS."""
    rows = batch.findings.order_by().values("kind").annotate(found=Count("id"))
    found = {row["kind"]: row["found"] for row in rows}
    return {kind: found[kind] for kind in KINDS if kind in found}


def shown(finding: ImportFinding) -> Shown:
    """A stored finding in the reader's language."""
    names = {analyte.code: analyte.name for analyte in registry.latest().analytes}
    return Shown(
        kind=str(KINDS[finding.kind]),
        line=finding.line,
        column=finding.column,
        participant=finding.participant,
        analyte=names.get(finding.analyte, finding.analyte),
        given=finding.given,
        stored=stored_text(finding.stored),
        text=finding_text(finding.code, finding.params),
    )


def findings_csv(batch: ImportBatch) -> Iterator[str]:
    """All findings as lines of a CSV that is safe to open in a spreadsheet."""
    yield "\ufeff" + _line(
        [_("Kind"), _("Line"), _("Column"), _("Participant"), _("Analyte"), _("In the file"),
         _("Stored"), _("Remark")]
    )  # fmt: skip
    rows = batch.findings.order_by("line", "id")
    for row in rows.iterator(chunk_size=2_000):
        found = shown(row)
        yield _line(
            [found.kind, str(found.line), found.column, found.participant, row.analyte,
             found.given, found.stored, found.text]
        )  # fmt: skip


def _line(cells: list[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow([f"'{c}" if _FORMULA.match(c) else c for c in cells])
    return buffer.getvalue()
