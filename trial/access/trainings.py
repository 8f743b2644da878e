"""What users have been trained in and have agreed to (R-31; 21 CFR 11.10(i), (j), 11.100(c))."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

# A new text of the agreement, or a new training, is a new version: it must be confirmed anew.
AGREEMENT_VERSION = "1.0"
SYSTEM_VERSION = "1.0"


class Kind(models.TextChoices):
    """What is confirmed."""

    SYSTEM = "system", _("Training in this system")
    PROTOCOL = "protocol", _("Training in the protocol")
    AGREEMENT = "signature_agreement", _("Agreement on electronic signatures")


class Training(models.Model):
    """A user has confirmed a version of something, or an administrator recorded it from paper.

    `reference` says where the paper is. Nobody can agree for another: an agreement is confirmed
    by the user alone.
    """

    user = models.ForeignKey("access.User", models.PROTECT, related_name="trainings")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    version = models.CharField(max_length=20)
    reference = models.CharField(_("reference"), max_length=200, blank=True)
    confirmed_at = models.DateTimeField(auto_now_add=True)
    confirmed_by = models.CharField(max_length=60)
    confirmed_by_id = models.BigIntegerField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="training_kind_known"),
            models.UniqueConstraint(fields=["user", "kind", "version"], name="training_once"),
            models.CheckConstraint(
                condition=~Q(kind=Kind.AGREEMENT)
                | Q(confirmed_by_id=None)
                | Q(confirmed_by_id=F("user_id")),
                name="training_agreement_by_oneself",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by_id=None)
                | Q(confirmed_by_id=F("user_id"))
                | ~Q(reference=""),
                name="training_recorded_with_reference",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.kind} {self.version}"
