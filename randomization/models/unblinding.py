"""That somebody learned an arm: who, when, why, and who else. The arm itself is not here.

The database keeps the rules (randomization/sealed/unblinding_sql.py): an emergency row is made
with the sealed request in one transaction, nothing is changed or removed afterwards, and only the
function that gives out the arm says that it was read.
"""

from collections.abc import Mapping

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length, Trim
from django.db.models.lookups import GreaterThanOrEqual
from django.utils.translation import gettext_lazy as _

from patients.models import Participant
from trial.access.policy import AnyUser, sites_for
from trial.access.roles import Permission

REASON_LENGTH = 10  # characters at least


class Kind(models.TextChoices):
    """How the blind was broken."""

    EMERGENCY = "emergency", _("emergency")
    PLANNED = "planned", _("planned, at the end of the study")
    INADVERTENT = "inadvertent", _("inadvertent")


class Category(models.TextChoices):
    """Why, in a word that can be counted."""

    TREATMENT = "treatment", _("Treatment of an emergency depends on it")
    REACTION = "reaction", _("Severe reaction to the infusion")
    EXPOSURE = "exposure", _("Somebody else was exposed to the product")
    PREGNANCY = "pregnancy", _("Pregnancy")
    APPEARANCE = "appearance", _("The bag, its label or its handling gave it away")
    DOCUMENT = "document", _("A document, message or file showed it")
    TOLD = "told", _("Somebody said it")
    INFERRED = "inferred", _("Guessed from effects or values, and confirmed")
    ANALYSIS = "analysis", _("Analysis after the database is locked")
    OTHER = "other", _("Other")


CATEGORIES: Mapping[Kind, tuple[Category, ...]] = {
    Kind.EMERGENCY: (
        Category.TREATMENT, Category.REACTION, Category.EXPOSURE, Category.PREGNANCY,
        Category.OTHER,
    ),
    Kind.INADVERTENT: (
        Category.APPEARANCE, Category.DOCUMENT, Category.TOLD, Category.INFERRED, Category.OTHER,
    ),
    Kind.PLANNED: (Category.ANALYSIS,),
}  # fmt: skip


class UnblindingQuerySet(models.QuerySet["Unblinding"]):
    """Unblindings, scoped to the sites a user may see; a planned one concerns every site."""

    def visible_to(
        self, user: AnyUser, permission: Permission = Permission.UNBLIND_VIEW
    ) -> "UnblindingQuerySet":
        scope = sites_for(user, permission)
        if scope.everywhere:
            return self
        mine = Q(participant__site__in=scope.ids)
        return self.filter(mine | Q(kind=Kind.PLANNED)) if scope else self.none()


class Unblinding(models.Model):
    """One breaking of the blind, of a participant or, planned, of the whole study.

    `requested_…`: who asked for an emergency or planned one, or recorded an inadvertent one.
    `learned_on` is the day on which an arm became known inadvertently. `access_id` is the sealed
    request of an emergency.
    """

    participant = models.ForeignKey(
        Participant, models.PROTECT, null=True, related_name="unblindings"
    )
    kind = models.CharField(max_length=20, choices=Kind)
    category = models.CharField(max_length=20, choices=Category)
    reason = models.TextField()
    learned_on = models.DateField(null=True)
    requested_at = models.DateTimeField()
    requested_by = models.CharField(max_length=60)
    requested_by_id = models.BigIntegerField(null=True)
    approved_at = models.DateTimeField(null=True)
    approved_by = models.CharField(max_length=60, null=True)  # noqa: DJ001 - null with its time
    approved_by_id = models.BigIntegerField(null=True)
    read_at = models.DateTimeField(null=True)
    read_by = models.CharField(max_length=60, null=True)  # noqa: DJ001 - null with its time
    access_id = models.BigIntegerField(null=True, unique=True)

    objects = UnblindingQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=Kind.values), name="unblinding_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(kind="emergency", category__in=CATEGORIES[Kind.EMERGENCY])
                | Q(kind="inadvertent", category__in=CATEGORIES[Kind.INADVERTENT])
                | Q(kind="planned", category__in=CATEGORIES[Kind.PLANNED]),
                name="unblinding_category_fits",
            ),
            models.CheckConstraint(
                condition=GreaterThanOrEqual(Length(Trim("reason")), REASON_LENGTH),
                name="unblinding_says_why",
            ),
            models.CheckConstraint(
                condition=Q(kind="planned", participant=None)
                | ~Q(kind="planned") & Q(participant__isnull=False),
                name="unblinding_names_its_participant",
            ),
            models.CheckConstraint(
                condition=Q(kind="emergency", access_id__isnull=False)
                | ~Q(kind="emergency") & Q(access_id=None),
                name="unblinding_has_its_request",
            ),
            models.CheckConstraint(
                condition=Q(kind="inadvertent", learned_on__isnull=False, read_at=None)
                | ~Q(kind="inadvertent") & Q(learned_on=None),
                name="unblinding_learned_on_a_day",
            ),
            models.CheckConstraint(
                condition=Q(approved_at=None, approved_by=None, approved_by_id=None)
                | Q(kind="planned", approved_at__isnull=False, approved_by__isnull=False,
                    approved_by_id__isnull=False),
                name="unblinding_approval_has_by",
            ),
            models.CheckConstraint(
                condition=Q(approved_by_id=None)
                | Q(requested_by_id__isnull=False) & ~Q(approved_by_id=F("requested_by_id")),
                name="unblinding_of_the_study_takes_two",
            ),
            models.CheckConstraint(
                condition=Q(read_at=None, read_by=None)
                | Q(read_at__isnull=False, read_by__isnull=False),
                name="unblinding_read_has_by",
            ),
            models.CheckConstraint(
                condition=~Q(kind="planned") | Q(read_at=None) | Q(approved_at__isnull=False),
                name="unblinding_planned_read_once_approved",
            ),
            models.UniqueConstraint(
                fields=["kind"],
                condition=Q(kind="planned", approved_at=None),
                name="unblinding_one_planned_waits",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def zone(self) -> str:
        """The zone in which its times are shown: the site's; UTC where it concerns all sites."""
        return self.participant.site.timezone if self.participant else "UTC"


class WhoLearned(models.Model):
    """Somebody who learned the arm besides the one who asked: noted, never struck out."""

    unblinding = models.ForeignKey(Unblinding, models.PROTECT, related_name="learned")
    who = models.CharField(max_length=200)
    noted_at = models.DateTimeField()
    noted_by = models.CharField(max_length=60)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(who=""), name="who_learned_is_named"),
        ]

    def __str__(self) -> str:
        return f"{self.unblinding_id} {self.who}"
