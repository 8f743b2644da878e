"""Work that waits for a role at a site: one item per cause, never two."""

from django.db import models

from trial.access.models import Site
from trial.access.policy import AnyUser, powers
from trial.access.roles import ROLES, Permission, Role


class MailState(models.TextChoices):
    """Whether an item is also told by mail, with the same words: the item itself is what counts."""

    NONE = "none", "none"
    WAITING = "waiting", "waiting"
    SENT = "sent", "sent"


class ItemQuerySet(models.QuerySet["Item"]):
    """Items addressed to the roles a user holds, at the sites they hold them for."""

    def visible_to(self, user: AnyUser) -> "ItemQuerySet":
        mine = models.Q(pk__in=[])
        for role, site_id in powers(user):
            if Permission.INBOX_ACT in ROLES[role].permissions:
                here = models.Q(role=role) if site_id is None else models.Q(role=role, site=site_id)
                mine |= here
        return self.filter(mine)

    def waiting(self) -> "ItemQuerySet":
        return self.filter(done_at=None)


class Item(models.Model):
    """Something a person of `role` at `site` must look at, e.g. a new relapse.

    `cause` names what raised it, so that a job that runs twice raises it once (F-071).
    `params` fills the text that the screen builds from `kind`. What concerns a site as a whole,
    such as a recall, names no participant.
    """

    kind = models.CharField(max_length=40)
    cause = models.CharField(max_length=200, unique=True)
    site = models.ForeignKey(Site, models.PROTECT, related_name="+")
    role = models.CharField(max_length=20)
    participant_id = models.BigIntegerField(null=True)
    participant_code = models.CharField(max_length=12, blank=True)
    params = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.CharField(max_length=60, null=True, blank=True)  # noqa: DJ001 - null with its time
    note = models.TextField(blank=True)
    mail = models.CharField(
        max_length=10, choices=MailState, default=MailState.NONE, db_default=MailState.NONE
    )

    objects = ItemQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["site", "role"], condition=models.Q(done_at=None), name="inbox_item_waiting"
            ),
            models.Index(
                fields=["id"], condition=models.Q(mail="waiting"), name="inbox_item_to_mail"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(role__in=[role.value for role in Role]),
                name="inbox_item_role_known",
            ),
            models.CheckConstraint(
                condition=models.Q(done_at=None, done_by=None)
                | models.Q(done_at__isnull=False, done_by__isnull=False),
                name="inbox_item_done_has_by",
            ),
            models.CheckConstraint(
                condition=models.Q(participant_id=None, participant_code="")
                | models.Q(participant_id__isnull=False) & ~models.Q(participant_code=""),
                name="inbox_item_names_participant_or_none",
            ),
            models.CheckConstraint(
                condition=models.Q(mail__in=MailState.values), name="inbox_item_mail_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.participant_code}".strip()
