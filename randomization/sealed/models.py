"""The sealed tables as models: read and written through the alias "sealed" alone.

Arms of participants are in `sealed.slot`, which has no model here: no login reads it but through
the functions that ask for a committed request first (randomization/sealed/reading.py).
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class SealedModel(models.Model):
    """A table of the schema `sealed`; made by SQL in randomization/migrations."""

    sealed = True

    class Meta:
        abstract = True


class AllocationList(SealedModel):
    """A list of randomisation: drafted, then active, then closed. `seed` and `salt` can be
    written and not read back before the trial ends."""

    method = models.TextField()
    algorithm = models.TextField()
    design = models.JSONField()
    checksum = models.TextField()
    commitment = models.TextField()
    slots = models.IntegerField()
    strata = ArrayField(models.TextField())
    state = models.TextField()
    made_at = models.DateTimeField()
    made_by = models.TextField()
    activated_at = models.DateTimeField(null=True)
    activated_by = models.TextField(null=True)  # noqa: DJ001 - null with its time

    class Meta:
        managed = False
        db_table = "list"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.method} {self.pk}"


class Lot(SealedModel):
    """A lot of cells or of placebo: the same form for both."""

    number = models.TextField(unique=True)
    arm = models.TextField()
    expires_at = models.DateTimeField()
    disposition = models.TextField(default="quarantine")
    made_at = models.DateTimeField()
    made_by = models.TextField()

    class Meta:
        managed = False
        db_table = "lot"
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.number


class BagContent(SealedModel):
    """What is in a bag."""

    bag_id = models.BigIntegerField(primary_key=True)
    lot = models.ForeignKey(Lot, models.DO_NOTHING, related_name="bags")

    class Meta:
        managed = False
        db_table = "bag_content"

    def __str__(self) -> str:
        return f"{self.bag_id}"


class SealedEvent(SealedModel):
    """The trail of what is sealed, in a chain of its own; the arms of slots are left out."""

    at = models.DateTimeField()
    actor = models.TextField()
    actor_role = models.TextField()
    reason = models.TextField()
    kind = models.TextField()
    table_name = models.TextField()
    record_id = models.TextField()
    old = models.JSONField(null=True)
    new = models.JSONField(null=True)
    details = models.JSONField(null=True)

    class Meta:
        managed = False
        db_table = "trail"
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.table_name} {self.record_id}"
