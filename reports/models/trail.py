"""The trail as rows to export: an event with the codes of its site, participant and visit."""

from typing import Any, ClassVar

from django.db import models

from reports.models.rows import ExportQuerySet
from trial.access.policy import AnyUser, sites_for
from trial.access.roles import Permission
from trial.audit.accounts import ACCOUNT_KINDS, ACCOUNT_TABLES
from trial.audit.models import TransactionId, WrittenAfter
from trial.audit.watermark import Watermark


class TrailQuerySet(ExportQuerySet):
    """Events that a user may read."""

    def visible_to(self, user: AnyUser, permission: Permission) -> "TrailQuerySet":
        """See `visible`."""
        return self.filter(visible(user, permission))

    def seen_at(self, seen: Watermark) -> "TrailQuerySet":
        """What could be seen at a watermark."""
        return self.exclude(WrittenAfter(seen))


# What single readers found, and which pictures they saw, is known to who manages the reading: what
# counts in the end is another table (clinical rules §5.3).
OF_READINGS = models.Q(
    table_name__in=(
        "visits_slideimage",
        "visits_readingbatch",
        "visits_readingassignment",
        "visits_histologyreading",
    )
)
OF_ACCOUNTS = models.Q(table_name__in=ACCOUNT_TABLES) | models.Q(kind__in=ACCOUNT_KINDS)


def visible(user: AnyUser, permission: Permission = Permission.TRAIL_VIEW) -> models.Q:
    """The events a user may read, as a condition on the trail or on its export view.

    Those of the user's sites; what concerns no site only for those with all sites; what concerns
    users' accounts, or single readings of a biopsy, only with the right to see that.
    """
    scope = sites_for(user, permission)
    found = models.Q() if scope.everywhere else models.Q(site_id__in=scope.ids)
    accounts = sites_for(user, Permission.TRAIL_ACCOUNTS).everywhere
    if not sites_for(user, Permission.HISTOLOGY_MANAGE).everywhere:
        found &= ~OF_READINGS
    return found if accounts else found & ~OF_ACCOUNTS


class TrailRow(models.Model):
    """One event of the trail (view export_trail). `canonical` is the text under its seal."""

    at = models.DateTimeField()
    site_id = models.BigIntegerField(null=True)
    participant_id = models.BigIntegerField(null=True)
    visit_id = models.BigIntegerField(null=True)
    site = models.CharField(max_length=2, null=True)
    participant = models.CharField(max_length=12, null=True)
    visit = models.CharField(max_length=20, null=True)
    kind = models.TextField()
    table_name = models.TextField()
    record_id = models.TextField()
    changed_fields = models.TextField(null=True)
    old_row = models.TextField(null=True)
    new_row = models.TextField(null=True)
    details = models.TextField(null=True)
    actor_id = models.BigIntegerField(null=True)
    actor = models.TextField()
    actor_role = models.TextField()
    actor_site = models.TextField()
    reason = models.TextField()
    request_id = models.TextField()
    db_user = models.TextField()
    generation = models.IntegerField()
    xid = TransactionId()
    nonce = models.TextField()
    canonical = models.TextField()

    objects: ClassVar[models.Manager[Any]] = TrailQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "export_trail"

    def __str__(self) -> str:
        return f"event {self.pk}"
