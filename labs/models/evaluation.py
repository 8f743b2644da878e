"""What the jobs computed, from which versions of which inputs, and what it replaced.

Nothing here is overwritten: a result that a later run finds different gets `replaced_by` set and
a new row beside it (R-22).
"""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from labs.models.panel import Panel
from patients.models import Participant
from trial.access.policy import AnyUser, sites_for
from trial.access.roles import Permission


class Series(models.Model):
    """All labs of a participant as one versioned whole.

    Every change of a panel or of a range behind it raises `version` in the same transaction.
    Pending is a query: no run for this version and the participant's (labs/selectors.py).
    """

    participant = models.OneToOneField(Participant, models.PROTECT, related_name="series")
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "series"

    def __str__(self) -> str:
        return f"series of {self.participant_id} version {self.version}"


class EvaluationRun(models.Model):
    """One evaluation of one version of a series, by one version of the algorithm."""

    series = models.ForeignKey(Series, models.PROTECT, related_name="runs")
    series_version = models.PositiveIntegerField()
    participant_version = models.PositiveIntegerField()
    algorithm = models.CharField(max_length=40)
    protocol_version = models.CharField(max_length=20)
    process = models.CharField(max_length=120)
    computed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["series", "series_version", "participant_version", "algorithm"],
                name="evaluation_once",
            )
        ]

    def __str__(self) -> str:
        return f"run {self.pk} of series {self.series_id} version {self.series_version}"


class MeldScoreQuerySet(models.QuerySet["MeldScore"]):
    """Scores, scoped to the sites a user may see."""

    def visible_to(self, user: AnyUser) -> "MeldScoreQuerySet":
        scope = sites_for(user, Permission.LAB_VIEW)
        if scope.everywhere:
            return self
        return self.filter(panel__visit__participant__site__in=scope.ids)

    def current(self) -> "MeldScoreQuerySet":
        return self.filter(replaced_by=None)


class MeldScore(models.Model):
    """One MELD formula on one panel. `value` null: not computable, and `missing` says why."""

    run = models.ForeignKey(EvaluationRun, models.PROTECT, related_name="scores")
    panel = models.ForeignKey(Panel, models.PROTECT, related_name="scores")
    panel_version = models.PositiveIntegerField()
    formula = models.CharField(max_length=10)
    formula_version = models.CharField(max_length=40)
    protocol_version = models.CharField(max_length=20)
    value = models.SmallIntegerField(null=True)
    uncapped = models.SmallIntegerField(null=True)
    raw = models.DecimalField(max_digits=12, decimal_places=6, null=True)
    missing = models.JSONField(default=list)
    inputs = models.JSONField(default=dict)
    replaced_by = models.ForeignKey(
        EvaluationRun, models.PROTECT, null=True, related_name="replaced_scores"
    )

    objects = MeldScoreQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["panel", "formula"],
                condition=Q(replaced_by=None),
                name="meld_score_one_current",
            ),
            models.CheckConstraint(
                condition=Q(value=None) | Q(value__gte=6, value__lte=40), name="meld_score_in_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.formula} {self.value} panel {self.panel_id}"


class ResponseAssessmentQuerySet(models.QuerySet["ResponseAssessment"]):
    """Assessments, scoped to the sites a user may see."""

    def visible_to(self, user: AnyUser) -> "ResponseAssessmentQuerySet":
        scope = sites_for(user, Permission.LAB_VIEW)
        return self if scope.everywhere else self.filter(participant__site__in=scope.ids)

    def current(self) -> "ResponseAssessmentQuerySet":
        return self.filter(replaced_by=None)


class ResponseAssessment(models.Model):
    """The outcome of one response or relapse rule for a participant, when, and why.

    `inputs` lists [result id, panel id, panel version] of what the outcome rests on;
    `reason_code` with `reason_params` is turned into a sentence by labs/wording.py.
    """

    run = models.ForeignKey(EvaluationRun, models.PROTECT, related_name="assessments")
    participant = models.ForeignKey(Participant, models.PROTECT, related_name="assessments")
    rule = models.CharField(max_length=20)
    rule_version = models.CharField(max_length=40)
    protocol_version = models.CharField(max_length=20)
    outcome = models.CharField(max_length=40)
    panel = models.ForeignKey(Panel, models.PROTECT, null=True, related_name="assessments")
    occurred_on = models.DateField(null=True)
    week = models.SmallIntegerField(null=True)
    visit_code = models.CharField(max_length=10, blank=True)
    reason_code = models.CharField(max_length=60)
    reason_params = models.JSONField(default=dict)
    inputs = models.JSONField(default=list)
    evaluable_until = models.DateField(null=True)
    replaced_by = models.ForeignKey(
        EvaluationRun, models.PROTECT, null=True, related_name="replaced_assessments"
    )

    objects = ResponseAssessmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["participant", "rule"],
                condition=Q(replaced_by=None),
                name="assessment_one_current",
            )
        ]
        indexes = [
            models.Index(
                fields=["rule", "outcome"], condition=Q(replaced_by=None), name="assessment_current"
            )
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.outcome} participant {self.participant_id}"
