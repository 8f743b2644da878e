"""A case: a line of the adverse events that is or was serious, or a pregnancy.

What a case is about stands in the forms; here stands that it is one, since when, what became of
that, and when the site learned news. Nothing is removed: a case that proves not serious stays.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from patients.models import Participant
from safety.cases import Kind, Stage
from trial.access.policy import AnyUser, sites_for
from trial.access.roles import Permission
from visits.models import InfusionReaction


class SafetyCaseQuerySet(models.QuerySet["SafetyCase"]):
    """Cases, scoped to the sites a user may see."""

    def visible_to(
        self, user: AnyUser, permission: Permission = Permission.REPORT_VIEW
    ) -> "SafetyCaseQuerySet":
        scope = sites_for(user, permission)
        return self if scope.everywhere else self.filter(participant__site__in=scope.ids)


class SafetyCase(models.Model):
    """The case of line `number` of the adverse events, or of the pregnancies.

    `stage`, `due_at` (the earliest limit of a report that is not sent) and `step_at` (when the
    sweeper next looks) are worked out by safety/services/cases.py from the forms and the reports,
    whenever one of these changes: lists and the sweeper find by them, pages work out anew.
    """

    participant = models.ForeignKey(Participant, models.PROTECT, related_name="+")
    kind = models.CharField(
        _("kind"), max_length=10,
        choices=[(Kind.EVENT.value, _("serious adverse event")),
                 (Kind.PREGNANCY.value, _("pregnancy"))],
    )  # fmt: skip
    number = models.PositiveSmallIntegerField(_("line"))
    stage = models.CharField(_("state"), max_length=10, default=Stage.DUE.value)
    due_at = models.DateTimeField(_("due"), null=True)
    step_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=60)

    objects = SafetyCaseQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(
                fields=["step_at"], condition=Q(step_at__isnull=False), name="safety_case_step"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["participant", "kind", "number"], name="safety_case_once"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in Kind]), name="safety_case_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(stage__in=[stage.value for stage in Stage]),
                name="safety_case_stage_known",
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="safety_case_of_a_line"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.number} of {self.participant_id}"


class Seriousness(models.Model):
    """That a case became serious, or is not any more: each change is a row, none is changed."""

    case = models.ForeignKey(SafetyCase, models.PROTECT, related_name="seriousness")
    serious = models.BooleanField(_("serious"))
    reason = models.TextField(_("reason"), blank=True)
    noted_at = models.DateTimeField()
    noted_by = models.CharField(max_length=60)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.case_id} {self.serious}"


class CaseNews(models.Model):
    """News about a case: follow-up `number`, which the site learned at `learned_at`.

    The report form holds the newest alone; each has a clock of its own.
    """

    case = models.ForeignKey(SafetyCase, models.PROTECT, related_name="news")
    number = models.PositiveSmallIntegerField()
    learned_at = models.DateTimeField()
    learned_by = models.CharField(max_length=60)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["case", "number"], name="case_news_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="case_news_counts_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.number}"


class EventOfReaction(models.Model):
    """The adverse event that was made of a reaction on the checklist of an infusion."""

    reaction = models.ForeignKey(InfusionReaction, models.PROTECT, related_name="+")
    event = models.OneToOneField("safety.AdverseEvent", models.PROTECT, related_name="of_reaction")
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=60)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.reaction_id} {self.event_id}"
