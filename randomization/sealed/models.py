"""The sealed tables as models: read and written through the alias "sealed" alone.

Arms of participants are in `sealed.slot`, which has no model here: no login reads it but through
the functions that ask for a committed request first (randomization/sealed/reading.py).
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


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


class Donor(SealedModel):
    """Whose umbilical cord the cells come from: a code, never a name. `screening` sums up the
    donor's file: HIV, HBV, HCV, syphilis, CMV, EBV, HTLV."""

    class Screening(models.TextChoices):
        NEGATIVE = "negative", _("all negative")
        POSITIVE = "positive", _("something positive")

    code = models.TextField(unique=True)
    collected_on = models.DateField(null=True)
    screening = models.TextField(choices=Screening, blank=True, default="")
    file_reference = models.TextField(blank=True, default="")
    version = models.IntegerField(default=1)
    recorded_at = models.DateTimeField()
    recorded_by = models.TextField()

    class Meta:
        managed = False
        db_table = "donor"
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code


class Lot(SealedModel):
    """A lot of cells or of placebo: the same form for both (clinical rules §8.2).

    `protocol_version` is the one whose specification it has to fulfil. Cells in 10^6 per bag.
    """

    class Anticoagulant(models.TextChoices):
        NONE = "none", _("none")
        HEPARIN = "heparin", _("heparin")
        ACD_A = "acd_a", "ACD-A"
        CPD = "cpd", "CPD"

    number = models.TextField(unique=True)
    arm = models.TextField()
    expires_at = models.DateTimeField()
    disposition = models.TextField(default="quarantine")
    made_at = models.DateTimeField()
    made_by = models.TextField()
    donor = models.ForeignKey(Donor, models.DO_NOTHING, related_name="lots", null=True)
    protocol_version = models.TextField(default="1.0")
    master_bank = models.TextField(blank=True, default="")
    working_bank = models.TextField(blank=True, default="")
    culture_medium = models.TextField(blank=True, default="")
    passage = models.IntegerField(null=True)
    harvested_on = models.DateField(null=True)
    manufactured_at = models.DateTimeField(null=True)
    formulation = models.TextField(blank=True, default="")
    anticoagulant = models.TextField(choices=Anticoagulant, default=Anticoagulant.NONE)
    anticoagulant_amount = models.TextField(blank=True, default="")
    bag_material = models.TextField(blank=True, default="")
    bag_volume_ml = models.DecimalField(max_digits=6, decimal_places=1, null=True)
    total_cells = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    viable_cells = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    coa_name = models.TextField(blank=True, default="")
    coa_sha256 = models.TextField(blank=True, default="")
    version = models.IntegerField(default=1)

    class Meta:
        managed = False
        db_table = "lot"
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.number


class LotTest(SealedModel):
    """One result of a release test. A correction is a new row with a higher `number` and a reason;
    one without value and choice says that there is no result after all."""

    lot = models.ForeignKey(Lot, models.DO_NOTHING, related_name="tests")
    code = models.TextField()
    number = models.IntegerField()
    value = models.DecimalField(max_digits=12, decimal_places=4, null=True)
    choice = models.TextField(default="")
    tested_on = models.DateField(null=True)
    reason = models.TextField(default="")
    recorded_at = models.DateTimeField()
    recorded_by = models.TextField()

    class Meta:
        managed = False
        db_table = "lot_test"
        ordering = ["lot", "code", "number"]

    def __str__(self) -> str:
        return f"{self.lot_id} {self.code} {self.number}"

    @property
    def shown(self) -> str:
        """The result as people read it; "" for none."""
        return self.choice or ("" if self.value is None else f"{self.value.normalize():f}")


class LotDisposition(SealedModel):
    """What was decided about a lot, signed. `record` is the lot as it was then, and `sha256` covers
    it and `head`: who, what, when, why."""

    lot = models.ForeignKey(Lot, models.DO_NOTHING, related_name="dispositions")
    number = models.IntegerField()
    before = models.TextField()
    disposition = models.TextField()
    meaning = models.TextField()
    reason = models.TextField(default="")
    follow_up_on = models.DateField(null=True)
    signer_id = models.BigIntegerField(null=True)
    printed_name = models.TextField()
    role = models.TextField()
    signed_at = models.DateTimeField()
    signed_by = models.TextField()
    head = models.JSONField()
    record = models.JSONField()
    sha256 = models.TextField()

    class Meta:
        managed = False
        db_table = "lot_disposition"
        ordering = ["lot", "number"]

    def __str__(self) -> str:
        return f"{self.lot_id} {self.number} {self.disposition}"


class BagContent(SealedModel):
    """What is in a bag, and at which turn of its shipment it is given out: an order that nobody
    blinded sees."""

    bag_id = models.BigIntegerField(primary_key=True)
    lot = models.ForeignKey(Lot, models.DO_NOTHING, related_name="bags")
    turn = models.IntegerField()

    class Meta:
        managed = False
        db_table = "bag_content"

    def __str__(self) -> str:
        return f"{self.bag_id}"


class SealedEvent(SealedModel):
    """The trail of what is sealed, in a chain of its own; events of slots are not seen."""

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
        db_table = "event"
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.table_name} {self.record_id}"
