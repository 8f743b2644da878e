"""The rows of central readings that are exported: no reader by name, no specimen by its code."""

from django.db import models

from reports.models.rows import VisitView


class HistologyReadingRow(VisitView):
    """What counts for a biopsy (`reader` is "final"), or what one of its readers found."""

    id = models.CharField(max_length=30, primary_key=True)
    visit_id = models.BigIntegerField()
    biopsy_id = models.BigIntegerField()
    taken_on = models.DateField(null=True)
    reader = models.CharField(max_length=5)
    state = models.CharField(max_length=15, null=True)
    missing = models.CharField(max_length=15, null=True)
    source = models.IntegerField(null=True)
    adequate = models.BooleanField(null=True)
    mhai = models.IntegerField(null=True)
    mhai_a = models.IntegerField(null=True)
    mhai_b = models.IntegerField(null=True)
    mhai_c = models.IntegerField(null=True)
    mhai_d = models.IntegerField(null=True)
    outcome = models.CharField(max_length=15, null=True)
    stage_system = models.CharField(max_length=10, null=True)
    stage = models.IntegerField(null=True)
    interface_hepatitis = models.BooleanField(null=True)
    plasma_cells = models.BooleanField(null=True)
    emperipolesis = models.BooleanField(null=True)
    rosettes = models.BooleanField(null=True)
    portal_infiltrate = models.BooleanField(null=True)
    centrilobular = models.BooleanField(null=True)
    bile_duct_damage = models.BooleanField(null=True)
    granuloma = models.BooleanField(null=True)
    copper = models.BooleanField(null=True)
    iron = models.BooleanField(null=True)
    steatosis = models.IntegerField(null=True)
    consensus = models.CharField(max_length=10, null=True)
    submitted_at = models.DateTimeField(null=True)
    protocol_version = models.CharField(max_length=20, null=True)
    version = models.IntegerField(null=True)

    class Meta(VisitView.Meta):
        db_table = "export_histology_reading"
