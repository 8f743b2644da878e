"""What happened when: the visits of a participant, planned and unscheduled."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from patients.models import Participant
from trial.access.policy import AnyUser, sites_for
from trial.access.roles import Permission


class Status(models.TextChoices):
    """What became of a visit."""

    PLANNED = "planned", _("planned")
    HELD = "held", _("held")
    MISSED = "missed", _("missed")


class VisitQuerySet(models.QuerySet["Visit"]):
    """Visits, scoped to the sites a user may see."""

    def visible_to(
        self, user: AnyUser, permission: Permission = Permission.PARTICIPANT_VIEW
    ) -> "VisitQuerySet":
        scope = sites_for(user, permission)
        return self if scope.everywhere else self.filter(participant__site__in=scope.ids)


class Visit(models.Model):
    """One visit: `code` of the protocol's schedule, `number` counts unscheduled ones (0 else).

    Target and window are kept as planned under `protocol_version`; an amendment leaves the
    visits that are past alone. Dates are the site's local dates.
    """

    participant = models.ForeignKey(Participant, models.PROTECT, related_name="visits")
    code = models.CharField(_("visit"), max_length=10)
    number = models.PositiveSmallIntegerField(default=0)
    position = models.SmallIntegerField()
    target_on = models.DateField(_("target date"), null=True)
    opens_on = models.DateField(_("window opens"), null=True)
    closes_on = models.DateField(_("window closes"), null=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PLANNED)
    held_on = models.DateField(_("date of visit"), null=True)
    reason = models.TextField(_("reason"), blank=True)
    protocol_version = models.CharField(max_length=20)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = VisitQuerySet.as_manager()

    class Meta:
        ordering = ["participant", "position", "held_on", "number"]
        indexes = [
            models.Index(
                fields=["opens_on"], condition=Q(status="planned"), name="visit_planned_opens"
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["participant", "code", "number"], name="visit_once"),
            models.CheckConstraint(
                condition=Q(status__in=Status.values), name="visit_status_known"
            ),
            models.CheckConstraint(
                condition=Q(status="held", held_on__isnull=False)
                | (~Q(status="held") & Q(held_on=None)),
                name="visit_held_has_date",
            ),
            models.CheckConstraint(
                condition=~Q(status="missed") | ~Q(reason=""), name="visit_missed_has_reason"
            ),
            models.CheckConstraint(
                condition=Q(opens_on=None) | Q(closes_on=None) | Q(opens_on__lte=F("closes_on")),
                name="visit_window_ordered",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.participant_id} {self.label}"

    @property
    def label(self) -> str:
        """The code, with its number for an unscheduled visit: "W36", "UNS 2"."""
        return f"{self.code} {self.number}" if self.number else self.code

    @property
    def slug(self) -> str:
        """The visit in an address: "W36", "UNS-2"."""
        return self.label.replace(" ", "-")

    @property
    def out_of_window(self) -> bool:
        """Whether the visit was held before its window opened or after it closed."""
        if self.held_on is None:
            return False
        early = self.opens_on is not None and self.held_on < self.opens_on
        return early or (self.closes_on is not None and self.held_on > self.closes_on)
