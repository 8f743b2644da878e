"""A review of the trail: somebody looked through what a filter shows, and says so (R-23)."""

from django.db import models
from django.db.models import Q


class TrailReview(models.Model):
    """Who looked at which part of the trail, up to which event, and what they found.

    `risk` is a code of reports/selectors/risk.py, `site` null for all sites; `events` is how many
    events it showed in the period, `upto` the newest of them.
    """

    risk = models.CharField(max_length=30)
    site = models.ForeignKey("access.Site", models.PROTECT, null=True, related_name="+")
    since = models.DateField()
    until = models.DateField()
    events = models.PositiveIntegerField()
    upto = models.BigIntegerField()
    note = models.TextField()
    reviewed_at = models.DateTimeField()
    reviewed_by = models.CharField(max_length=60)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(note__regex=r"\S"), name="trail_review_has_note"),
            models.CheckConstraint(condition=~Q(reviewed_by=""), name="trail_review_has_by"),
            models.CheckConstraint(
                condition=Q(since__lte=models.F("until")), name="trail_review_period_ordered"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.risk} {self.since} to {self.until}"
