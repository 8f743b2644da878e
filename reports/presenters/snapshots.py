"""Snapshots as pages show them: the list, one with its manifest, and two compared."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from reports.models import Snapshot, SnapshotFile
from reports.presenters import words
from reports.presenters.data import TITLES
from reports.records import KIND_OF_TABLE
from reports.selectors.comparison import Difference
from trial.audit.events import Act
from trial.audit.models import Event

PAGE = 50


@dataclass(frozen=True, slots=True)
class FileLine:
    """One dataset of a snapshot with its files."""

    title: str | Promise
    rows: int
    files: list[tuple[SnapshotFile, str]]


@dataclass(frozen=True, slots=True)
class DifferenceLine:
    """One difference in words."""

    found: Difference
    record: str
    field: str | Promise
    old: str
    new: str
    change: str
    role: str
    history: str


def manifest(taken: Snapshot) -> dict[str, Any]:
    """Everything that identifies a snapshot and its files, for whoever checks them elsewhere."""
    return {
        "snapshot": taken.number,
        "name": taken.name,
        "note": taken.note,
        "taken_at": taken.taken_at.isoformat(),
        "taken_by": taken.taken_by,
        "code": {"version": taken.version, "build": taken.build},
        "protocol_versions": taken.protocols,
        "watermark": {"generation": taken.seen_generation, "snapshot": taken.seen_snapshot},
        "seal": {"number": taken.seal_number, "root": taken.seal_root},
        "anchor": _anchor(taken),
        "files": [
            {
                "name": f"{file.dataset}.{file.format}",
                "dataset": file.dataset,
                "format": file.format,
                "rows": file.rows,
                "bytes": file.size,
                "sha256": file.sha256,
            }
            for file in taken.files.all()
        ],
    }


def _anchor(taken: Snapshot) -> Mapping[str, Any] | None:
    """The first anchor that left the system and covers the snapshot's seal, if there is one."""
    sent = Event.objects.filter(kind=f"act:{Act.ANCHORED}", at__gte=taken.taken_at).order_by("id")
    found = sent.filter(details__seal__gte=taken.seal_number).first()
    return found.details if found else None


def listing(snapshots: Any, number: str | None) -> dict[str, Any]:
    """A page of the list, newest first."""
    return {"page": Paginator(snapshots, 20).get_page(number)}


def page(taken: Snapshot, others: list[Snapshot]) -> dict[str, Any]:
    """One snapshot: what it is, its files, what to compare it with."""
    by_dataset: dict[str, list[SnapshotFile]] = {}
    for file in taken.files.all():
        by_dataset.setdefault(file.dataset, []).append(file)
    return {
        "taken": taken,
        "facts": _facts(taken),
        "lines": [_line(taken, name, files) for name, files in by_dataset.items()],
        "others": others,
    }


def _facts(taken: Snapshot) -> list[tuple[str, object]]:
    protocols = ", ".join(f"{site}: {version}" for site, version in taken.protocols.items())
    return [
        (_("Taken by"), taken.taken_by),
        (_("Note"), taken.note),
        (_("Code"), f"{taken.version} · {taken.build[:12]}"),
        (_("Protocol at the sites"), protocols),
        (_("Seal of the trail"), f"{taken.seal_number} · {taken.seal_root[:16]}…"),
    ]


def _line(taken: Snapshot, name: str, files: list[SnapshotFile]) -> FileLine:
    where = reverse(f"api:{name}-list")
    links = [
        (file, f"{where}?{urlencode({'format': file.format, 'snapshot': taken.number})}")
        for file in files
    ]
    title = TITLES[name][0] if name in TITLES else name
    return FileLine(title, files[0].rows, links)


def difference(found: Difference) -> DifferenceLine:
    """A difference as people read it."""
    table = found.table_name
    names = {"added": _("added"), "removed": _("removed"), "changed": _("changed")}
    kind = KIND_OF_TABLE[table].code
    return DifferenceLine(
        found=found,
        record=words.record_of(table, found.mark or "", found.visit or ""),
        field=words.field_of(table, found.field),
        old=words.value_of(table, found.field, found.old),
        new=words.value_of(table, found.field, found.new),
        change=names[found.change],
        role=words.role_of(found.actor_role, found.actor_site),
        history=reverse("reports:history", args=[kind, found.record_id]),
    )


class Counted:
    """A page of a list that the database has already cut and counted."""

    def __init__(self, number: int, total: int) -> None:
        self.page = Paginator(range(total), PAGE).get_page(number)
