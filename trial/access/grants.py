"""Requests for a role: who asked, who agreed or refused, and the role that came of it (R-33)."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from trial.access.roles import ROLES, needs_second_person

_SECOND = sorted(role.value for role in ROLES if needs_second_person(role))


class RoleGrant(models.Model):
    """Somebody asks for a role of `user`. `membership` is set once the role has been given.

    Roles of one person's judgement are given at once; the others wait for a second person.
    """

    user = models.ForeignKey("access.User", models.PROTECT, related_name="grants")
    role = models.CharField(max_length=20, choices=[(r.value, d.name) for r, d in ROLES.items()])
    site = models.ForeignKey("access.Site", models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.TextField(_("reason"))
    requested_at = models.DateTimeField(auto_now_add=True)
    requested_by = models.CharField(max_length=60)
    requested_by_id = models.BigIntegerField(null=True)
    approved_at = models.DateTimeField(null=True)
    approved_by = models.CharField(max_length=60, null=True)  # noqa: DJ001 - null with its time
    approved_by_id = models.BigIntegerField(null=True)
    refused_at = models.DateTimeField(null=True)
    refused_by = models.CharField(max_length=60, null=True)  # noqa: DJ001 - null with its time
    refusal = models.TextField(blank=True)
    membership = models.OneToOneField(
        "access.Membership", models.PROTECT, null=True, related_name="grant"
    )

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(role__in=sorted(role.value for role in ROLES)),
                name="role_grant_role_known",
            ),
            models.CheckConstraint(
                condition=Q(approved_at=None, approved_by=None, approved_by_id=None)
                | Q(
                    approved_at__isnull=False,
                    approved_by__isnull=False,
                    approved_by_id__isnull=False,
                ),
                name="role_grant_approved_has_by",
            ),
            models.CheckConstraint(
                condition=Q(refused_at=None, refused_by=None, refusal="")
                | Q(refused_at__isnull=False, refused_by__isnull=False) & ~Q(refusal=""),
                name="role_grant_refused_has_by",
            ),
            models.CheckConstraint(
                condition=Q(refused_at=None) | Q(approved_at=None, membership=None),
                name="role_grant_one_answer",
            ),
            models.CheckConstraint(
                condition=Q(approved_by_id=None)
                | ~Q(approved_by_id=F("requested_by_id")) & ~Q(approved_by_id=F("user_id")),
                name="role_grant_needs_two_people",
            ),
            models.CheckConstraint(
                condition=Q(requested_by_id=None) | ~Q(requested_by_id=F("user_id")),
                name="role_grant_not_for_oneself",
            ),
            # What the system sets up (a demonstration, a first administrator) has no second person.
            models.CheckConstraint(
                condition=Q(membership=None)
                | Q(approved_at__isnull=False)
                | Q(requested_by_id=None)
                | ~Q(role__in=_SECOND),
                name="role_grant_second_person",
            ),
            models.UniqueConstraint(
                fields=["user", "role", "site"],
                condition=Q(membership=None, refused_at=None),
                name="role_grant_one_open",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} {self.site_id or 'all sites'}"

    @property
    def waits(self) -> bool:
        """Neither given nor refused yet."""
        return self.membership_id is None and self.refused_at is None
