"""A snapshot: the study at one moment, kept as files whose bytes stay the same for good.

All three tables are filled once and never changed; the database refuses it.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from trial.access.models import Site


class Snapshot(models.Model):
    """One moment of the study, by number and name.

    `seen_generation` and `seen_snapshot` are its watermark: which events could be seen. The trail
    was sealed just before, up to seal `seal_number` with `seal_root`. `version` and `build` say
    which code wrote the files.
    """

    number = models.PositiveIntegerField(_("number"))
    name = models.CharField(_("name"), max_length=80)
    note = models.TextField(_("note"), blank=True)
    taken_at = models.DateTimeField(_("taken"))
    taken_by = models.CharField(max_length=60)
    seen_generation = models.PositiveIntegerField()
    seen_snapshot = models.TextField()
    seal_number = models.BigIntegerField()
    seal_root = models.CharField(max_length=64)
    version = models.CharField(max_length=20)
    build = models.CharField(max_length=64)
    protocols = models.JSONField()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["number"], name="snapshot_number_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="snapshot_number_from_one"),
            models.CheckConstraint(condition=Q(name__regex=r"\S"), name="snapshot_has_name"),
            models.CheckConstraint(condition=~Q(taken_by=""), name="snapshot_taken_has_by"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


class SnapshotFile(models.Model):
    """One dataset of a snapshot in one format. `sha256` and `size` are of the file's bytes."""

    snapshot = models.ForeignKey(Snapshot, models.PROTECT, related_name="files")
    dataset = models.CharField(max_length=40)
    format = models.CharField(max_length=10)
    rows = models.PositiveIntegerField()
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["snapshot", "dataset", "format"], name="snapshot_file_once"
            ),
            models.CheckConstraint(
                condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="snapshot_file_has_hash"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dataset}.{self.format} of snapshot {self.snapshot_id}"


class SnapshotChunk(models.Model):
    """A compressed piece of a file; the pieces in order of their numbers are the file."""

    file = models.ForeignKey(SnapshotFile, models.PROTECT, related_name="chunks")
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        ordering = ["file", "number"]
        constraints = [
            models.UniqueConstraint(fields=["file", "number"], name="snapshot_chunk_once"),
        ]

    def __str__(self) -> str:
        return f"chunk {self.number} of file {self.file_id}"


def protocols_now() -> dict[str, str]:
    """The protocol version in force at each site today, by the site's code."""
    found = {}
    for site in Site.objects.prefetch_related("protocols"):
        held = [p.version for p in site.protocols.all() if p.effective_from <= site.today()]
        found[site.code] = held[-1] if held else ""
    return found
