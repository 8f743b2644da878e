"""What people said about departures from the protocol that the system found."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from patients.models import Participant
from trial.access.policy import AnyUser, sites_for
from trial.access.roles import Permission


class DismissalQuerySet(models.QuerySet["Dismissal"]):
    """Dismissals, scoped to the sites a user may see."""

    def visible_to(self, user: AnyUser, permission: Permission = Permission.REPORT_VIEW) -> Self:
        scope = sites_for(user, permission)
        return self if scope.everywhere else self.filter(participant__site__in=scope.ids)


class Dismissal(models.Model):
    """Somebody says that a finding (visits/deviations.py) is no deviation, and why. Kept for ever;
    `finding` names it as a line of the deviation form would (detected_code)."""

    participant = models.ForeignKey(Participant, models.PROTECT, related_name="+")
    finding = models.CharField(max_length=60)
    reason = models.CharField(_("why it is no deviation"), max_length=500)
    dismissed_at = models.DateTimeField()
    dismissed_by = models.CharField(max_length=60)

    objects = DismissalQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["participant", "finding"], name="dismissal_once"),
            models.CheckConstraint(condition=~Q(reason=""), name="dismissal_has_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.participant} {self.finding}"
