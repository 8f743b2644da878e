"""The rows of laboratory toxicity and of liver signals."""

from django.db import models

from reports.models.rows import ExportView, VisitView


class LabToxicityRow(VisitView):
    """A result in one term, with the course that its grade is made from."""

    id = models.CharField(max_length=40, primary_key=True)
    result_id = models.BigIntegerField()
    visit_id = models.BigIntegerField()
    panel_id = models.BigIntegerField()
    panel_version = models.IntegerField()
    collected_on = models.DateField()
    analyte = models.CharField(max_length=10)
    term = models.CharField(max_length=20)
    protocol_version = models.CharField(max_length=20)
    first_on = models.DateField(null=True)
    on_treatment = models.BooleanField()
    course = models.JSONField()
    anticoagulants = models.JSONField(null=True)

    class Meta(ExportView.Meta):
        db_table = "export_lab_toxicity"


class LiverSignalRow(VisitView):
    """A signal of the liver and how it is judged; what was written stays inside."""

    visit_id = models.BigIntegerField()
    panel_id = models.BigIntegerField()
    kind = models.CharField(max_length=10)
    against = models.CharField(max_length=60, null=True)
    occurred_on = models.DateField()
    standing = models.BooleanField()
    state = models.CharField(max_length=20)
    times_found = models.IntegerField()
    found_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True)
    judged_at = models.DateTimeField(null=True)
    version = models.IntegerField()

    class Meta(ExportView.Meta):
        db_table = "export_liver_signal"
