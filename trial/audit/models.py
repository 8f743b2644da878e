"""The audit trail: one row per changed row of a tracked table, and one per act."""

from django.db import models


class Event(models.Model):
    """One change of one row, or one act. Written by the database alone (operations.py).

    No foreign keys: nothing may be blocked, cascaded or hidden by what the trail describes.
    `old` and `new` are the whole row before and after; an act has `details` instead.
    """

    at = models.DateTimeField()
    actor_id = models.BigIntegerField(null=True)
    actor = models.TextField()
    actor_role = models.TextField()
    actor_site = models.TextField()
    request_id = models.TextField()
    reason = models.TextField()
    db_user = models.TextField()
    kind = models.TextField()
    table_name = models.TextField()
    record_id = models.TextField()
    old = models.JSONField(null=True)
    new = models.JSONField(null=True)
    details = models.JSONField(null=True)

    class Meta:
        managed = False
        db_table = "audit_event"
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.table_name} {self.record_id}"
