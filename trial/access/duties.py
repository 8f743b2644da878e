"""The delegation log: who may do what at a site, from when, signed off by the investigator."""

from collections.abc import Mapping

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from trial.access.roles import Permission


class Duty(models.TextChoices):
    """What an investigator delegates at a site (ICH E6(R3) 2.3.3)."""

    SCREEN = "screen", _("Screen participants")
    CONSENT = "consent", _("Obtain informed consent")
    ENROL = "enrol", _("Enrol participants")
    ENTER = "enter", _("Record visits")
    LABS = "labs", _("Enter laboratory results")
    INFUSE = "infuse", _("Give the infusion")
    UNBLIND = "unblind", _("Break the blind in an emergency")
    SIGN = "sign", _("Sign as principal investigator")


DELEGABLE = tuple(duty for duty in Duty if duty is not Duty.SIGN)
# The duty that a right is used for, where DELEGATION_REQUIRED asks for one.
DUTY_OF: Mapping[Permission, Duty] = {
    Permission.PARTICIPANT_SCREEN: Duty.SCREEN,
    Permission.PARTICIPANT_ENROL: Duty.ENROL,
    Permission.VISIT_RECORD: Duty.ENTER,
    Permission.LAB_ENTER: Duty.LABS,
    Permission.LAB_IMPORT: Duty.LABS,
    Permission.UNBLIND: Duty.UNBLIND,
    Permission.PRODUCT_HANDLE: Duty.INFUSE,
}


class Delegation(models.Model):
    """An entry of a site's delegation log. The duty to sign makes it the principal investigator's.

    `delegated_at` is when it was recorded, `from_on` from when it holds; ended, it holds up to
    and including `to_on`. A change of duties is a new entry.
    """

    user = models.ForeignKey("access.User", models.PROTECT, related_name="delegations")
    site = models.ForeignKey("access.Site", models.PROTECT, related_name="delegations")
    duties: "models.Field[list[str], list[str]]" = ArrayField(
        models.CharField(max_length=10, choices=Duty.choices)
    )
    from_on = models.DateField(_("from"))
    to_on = models.DateField(_("until"), null=True, blank=True)
    reason = models.TextField(blank=True)
    delegated_at = models.DateTimeField(auto_now_add=True)
    delegated_by = models.CharField(max_length=60)
    delegated_by_id = models.BigIntegerField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=60, null=True)  # noqa: DJ001 - null with its time
    end_reason = models.TextField(blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(duties__len__gt=0, duties__contained_by=Duty.values),
                name="delegation_duties_known",
            ),
            models.CheckConstraint(
                condition=Q(to_on=None) | Q(to_on__gte=F("from_on")),
                name="delegation_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by=None, end_reason="")
                | Q(ended_at__isnull=False, ended_by__isnull=False, to_on__isnull=False)
                & ~Q(end_reason=""),
                name="delegation_end_has_by",
            ),
            models.CheckConstraint(
                condition=Q(delegated_by_id=None) | ~Q(delegated_by_id=F("user_id")),
                name="delegation_not_for_oneself",
            ),
            models.UniqueConstraint(
                fields=["user", "site"],
                condition=Q(ended_at=None),
                name="delegation_one_open",
            ),
            models.UniqueConstraint(
                fields=["site"],
                condition=Q(ended_at=None, duties__contains=[Duty.SIGN.value]),
                name="delegation_one_principal",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} at {self.site_id} from {self.from_on}"

    @property
    def principal(self) -> bool:
        """Whether this is the entry of the site's principal investigator."""
        return Duty.SIGN in self.duties
