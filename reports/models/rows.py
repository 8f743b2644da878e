"""The rows that are exported: SQL views, one flat row per thing, nothing that identifies anybody.

`published()` adds to a view what only the code knows: the protocol's names and codes, and whether
the evaluation stored last still counts. What waits for its evaluation says PENDING and shows no
value of before (integrity rules §4.4).
"""

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from reports import expressions
from trial.access.policy import AnyUser, sites_for
from trial.access.roles import Permission


class ExportQuerySet(models.QuerySet[Any]):
    """Rows of an export view, scoped to the sites a user may see."""

    def visible_to(self, user: AnyUser, permission: Permission) -> "ExportQuerySet":
        scope = sites_for(user, permission)
        return self if scope.everywhere else self.filter(site_id__in=scope.ids)


class ExportView(models.Model):
    """What every export view has: the site, by id for scoping and by code to show."""

    site_id = models.BigIntegerField()
    site = models.CharField(max_length=2)

    objects: ClassVar[models.Manager[Any]] = ExportQuerySet.as_manager()

    class Meta:
        abstract = True
        managed = False

    def __str__(self) -> str:
        return f"{self._meta.db_table} {self.pk}"


class SiteRow(ExportView):
    """A site with its recruitment."""

    name = models.CharField(max_length=120)
    name_zh = models.CharField(max_length=120, null=True)
    timezone = models.CharField(max_length=60)
    opened_on = models.DateField()
    protocol_version = models.CharField(max_length=20, null=True)
    planned_participants = models.IntegerField()
    screened = models.IntegerField()
    screen_failed = models.IntegerField()
    enrolled = models.IntegerField()
    withdrawn = models.IntegerField()
    completed = models.IntegerField()

    class Meta(ExportView.Meta):
        db_table = "export_site"


class ParticipantRow(ExportView):
    """A participant: code, sex, year of birth and the dates of taking part."""

    participant = models.CharField(max_length=12)
    sex = models.CharField(max_length=1)
    sex_for_meld = models.CharField(max_length=1)
    birth_year = models.IntegerField()
    status = models.CharField(max_length=20)
    screened_on = models.DateField()
    consent_version = models.CharField(max_length=20, null=True)
    consented_at = models.DateTimeField(null=True)
    enrolled_on = models.DateField(null=True)
    day0_on = models.DateField(null=True)
    induction_started_on = models.DateField(null=True)
    ended_on = models.DateField(null=True)
    version = models.IntegerField()
    changed_at = models.DateTimeField()

    class Meta(ExportView.Meta):
        db_table = "export_participant"


class VisitRow(ExportView):
    """A visit, planned or unscheduled, and how complete its panel is."""

    participant_id = models.BigIntegerField()
    participant = models.CharField(max_length=12)
    visit = models.CharField(max_length=10)
    visit_number = models.IntegerField()
    status = models.CharField(max_length=10)
    target_on = models.DateField(null=True)
    window_opens_on = models.DateField(null=True)
    window_closes_on = models.DateField(null=True)
    held_on = models.DateField(null=True)
    out_of_window = models.BooleanField(null=True)
    panel_id = models.BigIntegerField(null=True)
    panel_version = models.IntegerField(null=True)
    analytes_expected = models.IntegerField(null=True)
    analytes_filled = models.IntegerField(null=True)
    protocol_version = models.CharField(max_length=20)
    version = models.IntegerField()
    changed_at = models.DateTimeField()

    class Meta(ExportView.Meta):
        db_table = "export_visit"


class LabResultRow(ExportView):
    """One analyte of one panel, as entered and converted."""

    participant_id = models.BigIntegerField()
    participant = models.CharField(max_length=12)
    visit_id = models.BigIntegerField()
    visit = models.CharField(max_length=10)
    visit_number = models.IntegerField()
    visit_date = models.DateField(null=True)
    collected_on = models.DateField()
    collected_time = models.TimeField(null=True)
    laboratory = models.CharField(max_length=20)
    analyte = models.CharField(max_length=10)
    value_text = models.CharField(max_length=40, null=True)
    unit = models.CharField(max_length=20, null=True)
    comparator = models.CharField(max_length=2, null=True)
    value = models.DecimalField(max_digits=20, decimal_places=8, null=True)
    canonical_value = models.DecimalField(max_digits=24, decimal_places=12, null=True)
    range_low = models.DecimalField(max_digits=24, decimal_places=12, null=True)
    range_high = models.DecimalField(max_digits=24, decimal_places=12, null=True)
    x_uln = models.DecimalField(max_digits=24, decimal_places=4, null=True)
    flag = models.CharField(max_length=1, null=True)
    not_done_reason = models.CharField(max_length=20, null=True)
    confirmed = models.BooleanField()
    sample_state = models.CharField(max_length=12)
    source = models.CharField(max_length=10)
    range_id = models.BigIntegerField(null=True)
    panel_id = models.BigIntegerField()
    panel_version = models.IntegerField()
    changed_at = models.DateTimeField()

    class Meta(ExportView.Meta):
        db_table = "export_lab_result"


class VisitView(ExportView):
    """What a row about a participant, and mostly about one visit, has."""

    participant_id = models.BigIntegerField()
    participant = models.CharField(max_length=12)
    visit = models.CharField(max_length=10, null=True)
    visit_number = models.IntegerField(null=True)
    changed_at = models.DateTimeField()

    class Meta(ExportView.Meta):
        abstract = True


class SignatureRow(VisitView):
    """An electronic signature and whether its record is still what was signed."""

    scope = models.CharField(max_length=10)
    meaning = models.CharField(max_length=30)
    printed_name = models.CharField(max_length=120)
    role = models.CharField(max_length=20)
    signed_at = models.DateTimeField()
    components = models.CharField(max_length=10)
    schema_version = models.IntegerField()
    sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=12)

    class Meta(VisitView.Meta):
        db_table = "export_signature"


class VerificationRow(VisitView):
    """A source-data verification, and whether what it covers is still what was compared."""

    form = models.CharField(max_length=20)
    scope = models.CharField(max_length=10)
    table_name = models.CharField(max_length=60, null=True)
    record_id = models.BigIntegerField(null=True)
    field = models.CharField(max_length=60, null=True)
    verified_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=12)

    class Meta(VisitView.Meta):
        db_table = "export_verification"


class QueryRow(VisitView):
    """A query with its states and dates; what was asked and answered stays inside."""

    form = models.CharField(max_length=20)
    field = models.CharField(max_length=40)
    about = models.CharField(max_length=200)
    origin = models.CharField(max_length=12)
    status = models.CharField(max_length=10)
    outcome = models.CharField(max_length=12)
    addressee = models.CharField(max_length=12)
    opened_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    messages = models.IntegerField()
    reopened = models.IntegerField()

    class Meta(VisitView.Meta):
        db_table = "export_query"


class EvaluatedQuerySet(ExportQuerySet):
    """Rows of computed things: they hold only while their evaluation is of the current inputs."""

    def published(self) -> "EvaluatedQuerySet":
        """With `status`; without what the protocol does not ask for."""
        rows: EvaluatedQuerySet = self.annotate(status=self.model.status_expression())
        return rows.filter(**self.model.asked_for()).exclude(
            expressions.EVALUATED, last_run_id=None
        )


class EvaluatedView(ExportView):
    """What a row of a computed thing has. `algorithms` are those that have evaluated the newest
    version of the inputs; the `last_…` columns hold only if the current one is among them."""

    id = models.CharField(max_length=60, primary_key=True)
    participant_id = models.BigIntegerField()
    participant = models.CharField(max_length=12)
    algorithms = ArrayField(models.TextField())
    last_run_id = models.BigIntegerField(null=True)
    last_protocol_version = models.CharField(max_length=20, null=True)
    last_inputs = models.TextField(null=True)
    changed_at = models.DateTimeField()

    objects: ClassVar[models.Manager[Any]] = EvaluatedQuerySet.as_manager()

    class Meta(ExportView.Meta):
        abstract = True


class MeldScoreRow(EvaluatedView):
    """One MELD formula on one panel."""

    visit_id = models.BigIntegerField()
    visit = models.CharField(max_length=10)
    visit_number = models.IntegerField()
    collected_on = models.DateField()
    panel_id = models.BigIntegerField()
    panel_version = models.IntegerField()
    formula = models.CharField(max_length=10)
    last_score_id = models.BigIntegerField(null=True)
    last_formula_version = models.CharField(max_length=40, null=True)
    last_value = models.IntegerField(null=True)
    last_uncapped = models.IntegerField(null=True)
    last_raw = models.DecimalField(max_digits=12, decimal_places=6, null=True)
    last_missing = models.TextField(null=True)
    last_bilirubin_mg_dl = models.DecimalField(max_digits=24, decimal_places=6, null=True)
    last_creatinine_mg_dl = models.DecimalField(max_digits=24, decimal_places=6, null=True)
    last_inr = models.DecimalField(max_digits=24, decimal_places=6, null=True)
    last_sodium_mmol_l = models.DecimalField(max_digits=24, decimal_places=6, null=True)
    last_albumin_g_dl = models.DecimalField(max_digits=24, decimal_places=6, null=True)
    last_dialysis = models.CharField(max_length=3, null=True)

    class Meta(EvaluatedView.Meta):
        db_table = "export_meld_score"

    @classmethod
    def status_expression(cls) -> models.Case:
        return expressions.status(models.Q(last_value=None), "NOT_COMPUTABLE")

    @classmethod
    def asked_for(cls) -> dict[str, object]:
        return {"formula__in": expressions.FORMULAS}


class ResponseAssessmentRow(EvaluatedView):
    """One response or relapse rule for one participant."""

    rule = models.CharField(max_length=20)
    last_assessment_id = models.BigIntegerField(null=True)
    last_rule_version = models.CharField(max_length=40, null=True)
    last_outcome = models.CharField(max_length=40, null=True)
    last_occurred_on = models.DateField(null=True)
    last_week = models.IntegerField(null=True)
    last_visit = models.CharField(max_length=10, null=True)
    last_panel_id = models.BigIntegerField(null=True)
    last_reason_code = models.CharField(max_length=60, null=True)
    last_reason_params = models.JSONField(null=True)
    last_evaluable_until = models.DateField(null=True)

    class Meta(EvaluatedView.Meta):
        db_table = "export_response_assessment"

    @classmethod
    def status_expression(cls) -> models.Case:
        return expressions.status(models.Q(last_outcome__in=("NE", "NE_M6")), "NOT_EVALUABLE")

    @classmethod
    def asked_for(cls) -> dict[str, object]:
        return {"rule__in": expressions.RULES}
