"""What everybody may know of an allocation: that it happened, on which values, under which number.

The arm is not here, and no login but one can read it (randomization/sealed, docs/adr/0014).
"""

from django.db import models
from django.db.models import Q

from patients.models import Participant
from trial.access.policy import AnyUser, sites_for
from trial.access.roles import Permission
from trial.signing.models import Signature


class AllocationQuerySet(models.QuerySet["Allocation"]):
    """Allocations, scoped to the sites a user may see."""

    def visible_to(
        self, user: AnyUser, permission: Permission = Permission.PARTICIPANT_VIEW
    ) -> "AllocationQuerySet":
        scope = sites_for(user, permission)
        return self if scope.everywhere else self.filter(participant__site__in=scope.ids)


class Allocation(models.Model):
    """One participant's randomisation. Never changed, never removed.

    `stratum` and `factors` are the values that were used: a later correction of the participant
    moves no slot (R-50). `slot` is the place within the stratum's list. `frozen` are the rows that
    the investigator signed, as trial/signing/canonical.py puts them.
    """

    participant = models.OneToOneField(Participant, models.PROTECT, related_name="allocation")
    number = models.CharField(max_length=24, unique=True)
    stratum = models.CharField(max_length=40)
    slot = models.PositiveIntegerField()
    factors = models.JSONField()
    frozen = models.JSONField()
    protocol_version = models.CharField(max_length=20)
    signature = models.OneToOneField(Signature, models.PROTECT, related_name="+")
    allocated_at = models.DateTimeField()
    allocated_by = models.CharField(max_length=60)

    objects = AllocationQuerySet.as_manager()

    class Meta:
        ordering = ["allocated_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["stratum", "slot"], name="allocation_slot_once"),
            models.CheckConstraint(
                condition=Q(slot__gte=1), name="allocation_slot_counts_from_one"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class ListCommitment(models.Model):
    """The list that the study runs on, without showing it: a salted hash, made before the first
    participant, with which a stranger can compare list and salt after the trial."""

    list_id = models.BigIntegerField(unique=True)
    method = models.CharField(max_length=20)
    algorithm = models.CharField(max_length=60)
    commitment = models.CharField(max_length=64)
    slots = models.PositiveIntegerField()
    strata = models.JSONField()
    committed_at = models.DateTimeField()
    committed_by = models.CharField(max_length=60)

    class Meta:
        ordering = ["committed_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(commitment__regex=r"^[0-9a-f]{64}$"), name="commitment_is_a_hash"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.commitment[:12]}"
