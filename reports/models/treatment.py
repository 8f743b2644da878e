"""The rows of steroid exposure that are exported."""

from django.db import models

from reports.models.rows import VisitView


class SteroidExposureRow(VisitView):
    """A visit that was held, with the lines of treatment, weights and results that its doses and
    its response are made from."""

    visit_id = models.BigIntegerField()
    held_on = models.DateField()
    protocol_version = models.CharField(max_length=20)
    lines = models.JSONField(null=True)
    weights = models.JSONField(null=True)
    results = models.JSONField(null=True)

    class Meta(VisitView.Meta):
        db_table = "export_steroid_exposure"
