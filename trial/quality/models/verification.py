"""Source-data verification: what a monitor has compared with the source, and what is to be."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from trial.access.models import Site
from trial.access.policy import AnyUser, sites_for
from trial.access.roles import Permission
from trial.audit.records import Place
from trial.quality.models.query import FORMS


class VerificationQuerySet(models.QuerySet["Verification"]):
    """Verifications, scoped to the sites a user may see."""

    def visible_to(
        self, user: AnyUser, permission: Permission = Permission.SDV_VIEW
    ) -> "VerificationQuerySet":
        scope = sites_for(user, permission)
        return self if scope.everywhere else self.filter(site__in=scope.ids)

    def standing(self) -> "VerificationQuerySet":
        """Those nobody has withdrawn. What changed since is another question (selectors)."""
        return self.filter(withdrawn_at=None)


class Verification(models.Model):
    """Somebody compared something with the source, as it was at a watermark of the trail.

    With `table_name` and `record_id` it is about one row, with `field` about one value of it;
    without, about a whole form: all its rows at that visit, or of that participant. It is never
    changed: what was written after the watermark shows it as changed since, a new verification
    of the same thing withdraws it as replaced.
    """

    site = models.ForeignKey(Site, models.PROTECT, related_name="+")
    participant_id = models.BigIntegerField()
    participant_code = models.CharField(max_length=12)
    visit_id = models.BigIntegerField(null=True)
    visit_label = models.CharField(max_length=12, blank=True)
    form = models.CharField(max_length=20)
    table_name = models.CharField(max_length=60, blank=True)
    record_id = models.BigIntegerField(null=True)
    field = models.CharField(max_length=60, blank=True)
    seen_generation = models.IntegerField()
    seen_snapshot = models.TextField()
    verified_at = models.DateTimeField()
    verified_by = models.CharField(max_length=60)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.CharField(max_length=60, null=True)  # noqa: DJ001 - null with its time
    withdrawn_reason = models.TextField(blank=True)
    replaced = models.BooleanField(default=False)

    objects = VerificationQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["participant_id", "visit_id"],
                condition=Q(withdrawn_at=None),
                name="verification_standing",
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["participant_id", "visit_id", "form", "table_name", "record_id", "field"],
                condition=Q(withdrawn_at=None),
                name="verification_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(condition=Q(form__in=FORMS), name="verification_form_known"),
            models.CheckConstraint(
                condition=Q(table_name="", record_id=None, field="")
                | (~Q(table_name="") & Q(record_id__isnull=False)),
                name="verification_record_whole",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None, withdrawn_by=None, withdrawn_reason="")
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False),
                name="verification_withdrawal_has_by",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None, replaced=False)
                | Q(withdrawn_at__isnull=False, replaced=True)
                | (Q(withdrawn_at__isnull=False) & ~Q(withdrawn_reason="")),
                name="verification_withdrawal_has_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"verification {self.pk} of {self.participant_code} {self.form}"

    @property
    def place(self) -> Place:
        return Place(
            site_id=self.site_id,
            participant_id=self.participant_id,
            participant_code=self.participant_code,
            visit_id=self.visit_id,
            visit_label=self.visit_label,
            form=self.form,
        )


class Scope(models.TextChoices):
    """What of a form has to be compared."""

    ALL = "all", _("every value")
    CRITICAL = "critical", _("critical values only")


class VerificationPlan(models.Model):
    """What is to be verified at a site, or (site null) at all sites without a plan of their own.

    Who is in the sample follows from `seed` and the participant's code alone
    (trial/quality/sampling.py): the draw can be repeated by anybody, and later participants move
    nobody in or out.
    """

    site = models.ForeignKey(Site, models.PROTECT, null=True, related_name="+")
    forms = ArrayField(models.CharField(max_length=20))
    scope = models.CharField(max_length=10, choices=Scope, default=Scope.ALL)
    share = models.PositiveSmallIntegerField(default=100)
    seed = models.CharField(max_length=40)
    reason = models.TextField()
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=60)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=60, null=True)  # noqa: DJ001 - null with its time

    class Meta:
        ordering = ["site__code", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["site"],
                condition=Q(ended_at=None),
                name="verification_plan_one_per_site",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(share__gte=1, share__lte=100), name="verification_plan_share"
            ),
            models.CheckConstraint(
                condition=Q(forms__contained_by=list(FORMS)) & ~Q(forms=[]),
                name="verification_plan_forms_known",
            ),
            models.CheckConstraint(
                condition=Q(scope__in=Scope.values), name="verification_plan_scope_known"
            ),
            models.CheckConstraint(
                condition=~Q(seed="") & ~Q(reason=""), name="verification_plan_complete"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by=None)
                | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="verification_plan_end_has_by",
            ),
        ]

    def __str__(self) -> str:
        return f"plan {self.pk}: {self.share} % {self.scope}"
