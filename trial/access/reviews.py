"""Reviews of who has access: that one was done, by whom, over what (R-34)."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class AccessReview(models.Model):
    """Somebody has looked through the standing roles of a site, or (site null) of all.

    `seen` is how many there were.
    """

    site = models.ForeignKey("access.Site", models.PROTECT, null=True, related_name="+")
    seen = models.PositiveIntegerField()
    note = models.TextField(_("what was found"))
    reviewed_at = models.DateTimeField(auto_now_add=True)
    reviewed_by = models.CharField(max_length=60)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(note__regex=r"\S"), name="access_review_says_what_was_found"
            )
        ]

    def __str__(self) -> str:
        return f"{self.reviewed_at:%Y-%m-%d} {self.site_id or 'all sites'}"
