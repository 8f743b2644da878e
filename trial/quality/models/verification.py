"""Source-data verification: what a monitor has compared with the source, and what is planned.

A verification keeps the cut through history that the monitor saw. Whether it still holds is read
off the trail, value by value: a value of which anything observed was changed after it is "changed
since verified", and never silently unverified.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext_lazy as _

from trial.access.models import Site
from trial.audit.records import Place


class Mode(models.TextChoices):
    """How much of the casebook is to be compared with the source."""

    ALL = "all", _("everything")
    CRITICAL = "critical", _("critical fields")
    SAMPLE = "sample", _("drawn participants")


class VerificationQuerySet(models.QuerySet["Verification"]):
    """Verifications, narrowed down."""

    def standing(self) -> "VerificationQuerySet":
        """Those that were not withdrawn."""
        return self.filter(withdrawn_at=None)

    def of_form(self, place: Place) -> "VerificationQuerySet":
        """Those of a form of a participant, or of one of their visits; of values in it too."""
        return self.filter(
            participant_id=place.participant_id or 0, visit_id=place.visit_id, form=place.form
        )


class Verification(models.Model):
    """Somebody compared something with the source. Never removed; withdrawn with a reason.

    Without `record_id` it covers a whole form (of a visit, or of the participant), with it one
    row, with `field` one value of that row. `seen_…` is what the monitor's page could see.
    """

    site = models.ForeignKey(Site, models.PROTECT, related_name="+")
    participant_id = models.BigIntegerField()
    participant_code = models.CharField(max_length=12)
    visit_id = models.BigIntegerField(null=True)
    visit_label = models.CharField(max_length=20, blank=True)
    form = models.CharField(max_length=20)
    table_name = models.CharField(max_length=60, blank=True)
    record_id = models.BigIntegerField(null=True)
    field = models.CharField(max_length=60, blank=True)
    seen_generation = models.IntegerField()
    seen_snapshot = models.TextField()
    verified_at = models.DateTimeField(db_default=Now(), editable=False)
    verified_by = models.CharField(max_length=60)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.CharField(max_length=60, null=True)  # noqa: DJ001 - null with its time
    withdraw_reason = models.TextField(blank=True)

    objects = VerificationQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            # A form of the participant has no visit: 0, so that one index serves both.
            models.Index(
                F("participant_id"),
                Coalesce("visit_id", 0),
                F("form"),
                condition=Q(withdrawn_at=None),
                name="verification_standing",
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(record_id=None, table_name="", field="")
                | Q(record_id__isnull=False) & ~Q(table_name=""),
                name="verification_covers_form_or_record",
            ),
            models.CheckConstraint(condition=~Q(form=""), name="verification_has_form"),
            models.CheckConstraint(
                condition=Q(visit_id=None, visit_label="")
                | Q(visit_id__isnull=False) & ~Q(visit_label=""),
                name="verification_visit_has_label",
            ),
            models.CheckConstraint(condition=~Q(verified_by=""), name="verification_has_by"),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None, withdrawn_by=None, withdraw_reason="")
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False)
                & ~Q(withdraw_reason=""),
                name="verification_withdrawal_has_by_and_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.form} {self.participant_code} {self.visit_label} by {self.verified_by}"


class VerificationPlan(models.Model):
    """How much is to be verified, of the whole study or of one site, whose plan goes first.

    A plan is never changed: a new one ends it. Who is in the sample follows from `seed`,
    `percent` and the participant's code alone (trial/quality/drawing.py), so that the draw can be
    done again by anybody, and a participant's place in it doesn't change when others join.
    """

    site = models.ForeignKey(Site, models.PROTECT, null=True, related_name="+")
    forms = ArrayField(models.CharField(max_length=20))
    mode = models.CharField(max_length=10, choices=Mode)
    percent = models.PositiveSmallIntegerField(null=True)
    seed = models.BigIntegerField(null=True)
    critical_of_others = models.BooleanField(default=False)
    reason = models.TextField()
    planned_at = models.DateTimeField(db_default=Now(), editable=False)
    planned_by = models.CharField(max_length=60)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=60, null=True)  # noqa: DJ001 - null with its time

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(mode__in=Mode.values), name="plan_mode_known"),
            models.CheckConstraint(condition=~Q(reason=""), name="plan_has_reason"),
            models.CheckConstraint(condition=Q(forms__len__gt=0), name="plan_has_forms"),
            models.CheckConstraint(
                condition=Q(mode="sample", percent__range=(1, 100), seed__isnull=False)
                | ~Q(mode="sample") & Q(percent=None, seed=None, critical_of_others=False),
                name="plan_sample_has_draw",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by=None)
                | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="plan_end_has_by",
            ),
            models.UniqueConstraint(
                fields=["site"],
                condition=Q(ended_at=None),
                name="plan_one_standing",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.mode} of {self.site_id or 'study'} since {self.planned_at}"
