"""Files of laboratory results on their way in: the batch, its bytes, and what came of checking it.

The batch is a record of its own, with history. The other tables are technical: they can be made
again from the file, and go when the batch is done or discarded.
"""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from labs.models.laboratory import Laboratory
from trial.access.models import Site
from trial.access.policy import AnyUser, sites_for
from trial.access.roles import Permission


class ImportStatus(models.TextChoices):
    """Where a file stands. uploaded, checking, confirmed and applying wait for a worker."""

    UPLOADED = "uploaded", _("waiting for its check")
    CHECKING = "checking", _("being checked")
    CHECKED = "checked", _("checked")
    CONFIRMED = "confirmed", _("waiting to be imported")
    APPLYING = "applying", _("being imported")
    APPLIED = "applied", _("imported")
    FAILED = "failed", _("not readable")
    DISCARDED = "discarded", _("discarded")


class ImportBatchQuerySet(models.QuerySet["ImportBatch"]):
    """Imports, scoped to the sites at which a user may import."""

    def visible_to(self, user: AnyUser) -> "ImportBatchQuerySet":
        scope = sites_for(user, Permission.LAB_IMPORT)
        return self if scope.everywhere else self.filter(site__in=scope.ids)


class ImportBatch(models.Model):
    """One file: what it is, who brought it, how it is laid out, what the check found.

    `counts`: values new, same, conflict, blank, repeated; error (file_error of them before any
    participant was looked at), warning; panels_new, panels_changed, visits_new.
    `apply_when_checked`: nobody waits in between (REST, command line).
    `rules`: the mark of ranges and protocol that the check used (labs/import_facts.py).
    `failure`: {code, params} of a FileError, or of what went wrong.
    """

    site = models.ForeignKey(Site, models.PROTECT, related_name="imports")
    laboratory = models.ForeignKey(Laboratory, models.PROTECT, related_name="imports")
    file_name = models.CharField(_("file"), max_length=120)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    mapping = models.JSONField()
    status = models.CharField(max_length=10, choices=ImportStatus, default=ImportStatus.UPLOADED)
    apply_when_checked = models.BooleanField(default=False)
    skip_errors = models.BooleanField(default=False)
    rows_total = models.PositiveIntegerField(default=0)
    rules = models.CharField(max_length=64, blank=True)
    counts = models.JSONField(default=dict)
    failure = models.JSONField(default=dict, blank=True)
    uploaded_at = models.DateTimeField(db_default=Now(), editable=False)
    uploaded_by = models.CharField(max_length=60)
    uploaded_by_id = models.BigIntegerField(null=True)
    uploaded_role = models.CharField(max_length=20, blank=True)
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.CharField(max_length=60, null=True)  # noqa: DJ001 - set with its time
    confirmed_by_id = models.BigIntegerField(null=True)
    confirmed_role = models.CharField(max_length=20, blank=True)
    applied_at = models.DateTimeField(null=True)

    objects = ImportBatchQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(status__in=["uploaded", "checking", "confirmed", "applying"]),
                name="import_waiting",
            ),
            models.Index(fields=["site", "sha256"], name="import_same_file"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=ImportStatus.values), name="import_status_known"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at=None, confirmed_by=None)
                | Q(confirmed_at__isnull=False, confirmed_by__isnull=False),
                name="import_confirmed_has_by",
            ),
            models.CheckConstraint(
                condition=~Q(status="applied")
                | Q(applied_at__isnull=False, confirmed_at__isnull=False),
                name="import_applied_has_date",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.file_name} {self.sha256[:8]}"

    @property
    def waiting(self) -> bool:
        """Whether a worker still has something to do."""
        return self.status in WAITING


WAITING = (
    ImportStatus.UPLOADED,
    ImportStatus.CHECKING,
    ImportStatus.CONFIRMED,
    ImportStatus.APPLYING,
)


class ImportChunk(models.Model):
    """A piece of the file's bytes, in order from 0."""

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "number"], name="import_chunk_once")
        ]

    def __str__(self) -> str:
        return f"{self.batch_id} {self.number}"


class ImportProgress(models.Model):
    """How far a worker has come, in rows; written while a long transaction is open elsewhere.

    No foreign key: it must never wait for a lock on the batch. `attempts` counts starts.
    """

    batch_id = models.BigIntegerField(primary_key=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "import progress"

    def __str__(self) -> str:
        return f"{self.batch_id} {self.done}/{self.total}"


class ImportSample(models.Model):
    """One sample as the file gives it. `values`: LBTESTCD to {text, unit, not_done, comment,
    line, column}."""

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="samples")
    participant_id = models.BigIntegerField()
    visit = models.CharField(max_length=10, blank=True)
    collected_on = models.DateField(null=True)
    line = models.PositiveIntegerField()
    values = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "participant_id", "visit", "collected_on"],
                name="import_sample_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.participant_id} {self.visit} {self.collected_on}"


class ImportPerson(models.Model):
    """A participant of the file as planned: the state of their records that the plan rests on
    (`basis`), and what it counts."""

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="people")
    participant_id = models.BigIntegerField()
    basis = models.CharField(max_length=80)
    counts = models.JSONField()

    class Meta:
        verbose_name_plural = "import people"
        constraints = [
            models.UniqueConstraint(fields=["batch", "participant_id"], name="import_person_once")
        ]

    def __str__(self) -> str:
        return f"{self.participant_id} {self.basis}"


class ImportPlan(models.Model):
    """One panel that importing would write, as labs.importing.planning has it.

    `results`: the rows to insert.
    """

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="plans")
    participant_id = models.BigIntegerField()
    collected_on = models.DateField()
    visit_id = models.BigIntegerField(null=True)
    visit_code = models.CharField(max_length=10)
    panel_id = models.BigIntegerField(null=True)
    holds = models.BooleanField()
    outside_window = models.BooleanField()
    expected = models.PositiveSmallIntegerField()
    filled = models.PositiveSmallIntegerField()
    protocol_version = models.CharField(max_length=20)
    results = models.JSONField()

    class Meta:
        indexes = [models.Index(fields=["batch", "participant_id"], name="import_plan_participant")]

    def __str__(self) -> str:
        return f"{self.participant_id} {self.visit_code} {self.collected_on}"


class ImportFinding(models.Model):
    """An error, warning or conflict at one cell; labs/import_wording.py makes the sentence.

    `participant_id` is set where planning found it: it goes when the participant is planned anew.
    """

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="findings")
    participant_id = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=10)
    code = models.CharField(max_length=40)
    line = models.PositiveIntegerField()
    column = models.CharField(max_length=200, blank=True)
    participant = models.CharField(max_length=200, blank=True)
    analyte = models.CharField(max_length=10, blank=True)
    given = models.TextField(blank=True)
    stored = models.TextField(blank=True)
    params = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["batch", "kind", "line", "id"], name="import_finding_order")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.code} line {self.line}"
