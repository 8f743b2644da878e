"""What guards the accounts: counts of failed proofs, and alerts to those who watch over access."""

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class ProofCount(models.Model):
    """How often somebody failed to prove to be `user`, whatever act it was asked for (R-27, R-38).

    The row is locked while a password is looked at: guesses sent all at once are counted too.
    """

    user = models.OneToOneField("access.User", models.PROTECT, related_name="+")
    failures: "models.Field[list[datetime], list[datetime]]" = ArrayField(
        models.DateTimeField(), default=list
    )
    locked_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.user_id}: {len(self.failures)}"


class AlertKind(models.TextChoices):
    """What the security unit is told about."""

    SIGN_IN_LOCKED = "sign_in_locked", _("Sign-in paused after wrong passwords")
    SPRAY = "spray", _("Many failed sign-ins from many addresses")
    REAUTH_LOCKED = "reauth_locked", _("Confirmation by password paused after failures")


class MailState(models.TextChoices):
    """Whether the security unit has been written to."""

    NONE = "none", _("no mail")
    WAITING = "waiting", _("mail waits")
    SENT = "sent", _("mail sent")


class SecurityAlert(models.Model):
    """Something an administrator must look at; the row comes first, the mail after it (R-38)."""

    kind = models.CharField(max_length=20, choices=AlertKind.choices)
    username = models.CharField(max_length=150)
    address = models.CharField(max_length=45, blank=True)
    details = models.JSONField(default=dict)
    mail = models.CharField(max_length=10, choices=MailState.choices, default=MailState.NONE)
    created_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(null=True, blank=True)
    seen_by = models.CharField(max_length=60, null=True, blank=True)  # noqa: DJ001 - null with its time
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["id"], condition=models.Q(seen_at=None), name="security_alert_waiting"
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=AlertKind.values), name="security_alert_kind_known"
            ),
            models.CheckConstraint(
                condition=models.Q(mail__in=MailState.values), name="security_alert_mail_known"
            ),
            models.CheckConstraint(
                condition=models.Q(seen_at=None, seen_by=None)
                | models.Q(seen_at__isnull=False, seen_by__isnull=False),
                name="security_alert_seen_has_by",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.username}"
