"""Queries: a question to the site about a record, its answers, and how it was settled.

A query knows its record only in general (table, id, field), with the names that people called it
by when it was asked: they stay as they were, whatever becomes of the record.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from trial.access.models import Site
from trial.access.policy import AnyUser, sites_for
from trial.access.roles import Permission
from trial.audit.records import Place, Record
from trial.protocol.label import Label


class Origin(models.TextChoices):
    """What asked."""

    EDIT_CHECK = "edit_check", _("edit check")
    MONITOR = "monitor", _("monitor")
    DATA_MANAGER = "datamanager", _("data manager")
    MACHINE = "machine", _("system")


class Status(models.TextChoices):
    """Whose turn it is: the site's, that of who asked, nobody's."""

    OPEN = "open", _("open")
    ANSWERED = "answered", _("answered")
    CLOSED = "closed", _("closed")


class Outcome(models.TextChoices):
    """How a query was settled."""

    RESOLVED = "resolved", _("resolved")
    CANCELLED = "cancelled", _("cancelled")
    HEALED = "healed", _("closed by itself")


class Addressee(models.TextChoices):
    """The role at the site that is to answer."""

    COORDINATOR = "coordinator", _("study coordinator")
    INVESTIGATOR = "investigator", _("investigator")


class Step(models.TextChoices):
    """What a message of the thread did."""

    RAISED = "raised", _("raised")
    ANSWERED = "answered", _("answered")
    REOPENED = "reopened", _("reopened")
    CLOSED = "closed", _("closed")
    ASSIGNED = "assigned", _("assigned")


class QueryQuerySet(models.QuerySet["Query"]):
    """Queries, narrowed down."""

    def visible_to(
        self, user: AnyUser, permission: Permission = Permission.QUERY_VIEW
    ) -> "QueryQuerySet":
        """Those of the sites where `user` holds `permission`."""
        scope = sites_for(user, permission)
        return self if scope.everywhere else self.filter(site__in=scope.ids)

    def unsettled(self) -> "QueryQuerySet":
        """Those that are not closed: whoever's turn it is."""
        return self.exclude(status=Status.CLOSED)


class Query(models.Model):
    """One question. Never removed; `cause` is unique among those that are not closed."""

    site = models.ForeignKey(Site, models.PROTECT, related_name="+")
    participant_id = models.BigIntegerField()
    participant_code = models.CharField(max_length=12)
    visit_id = models.BigIntegerField(null=True)
    visit_label = models.CharField(max_length=20, blank=True)
    form = models.CharField(max_length=20)
    table = models.CharField(max_length=40)
    record_id = models.BigIntegerField()
    field = models.CharField(max_length=40, blank=True)
    label_en = models.CharField(max_length=200)
    label_zh = models.CharField(max_length=200)
    origin = models.CharField(max_length=12, choices=Origin)
    cause = models.CharField(max_length=160)
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    addressee = models.CharField(
        max_length=12, choices=Addressee, default=Addressee.COORDINATOR
    )  # fmt: skip
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    opened_at = models.DateTimeField(db_default=Now(), editable=False)
    opened_by = models.CharField(max_length=60)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.CharField(max_length=60, null=True)  # noqa: DJ001 - null with its time
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=60, null=True)  # noqa: DJ001 - null with its time
    outcome = models.CharField(max_length=12, choices=Outcome, blank=True)

    objects = QueryQuerySet.as_manager()

    class Meta:
        ordering = ["opened_at", "pk"]
        indexes = [
            models.Index(
                fields=["site", "status", "opened_at"],
                condition=~Q(status="closed"),
                name="query_unsettled",
            ),
            models.Index(fields=["participant_id", "visit_id"], name="query_of_person"),
            models.Index(fields=["table", "record_id"], name="query_of_record"),
            models.Index(fields=["cause"], name="query_cause"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(origin__in=Origin.values), name="query_origin"),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="query_status"),
            models.CheckConstraint(
                condition=Q(addressee__in=Addressee.values), name="query_addressee"
            ),
            models.CheckConstraint(condition=~Q(cause=""), name="query_has_cause"),
            models.CheckConstraint(
                condition=Q(answered_at=None, answered_by=None)
                | Q(answered_at__isnull=False, answered_by__isnull=False),
                name="query_answer_has_by",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None, closed_by=None)
                | Q(closed_at__isnull=False, closed_by__isnull=False),
                name="query_closing_has_by",
            ),
            models.CheckConstraint(
                condition=Q(status="closed", closed_at__isnull=False, outcome__in=Outcome.values)
                | ~Q(status="closed") & Q(closed_at=None, outcome=""),
                name="query_closed_says_how",
            ),
            models.CheckConstraint(
                condition=~Q(status="answered") | Q(answered_at__isnull=False),
                name="query_answered_has_answer",
            ),
            models.UniqueConstraint(
                fields=["cause"], condition=~Q(status="closed"), name="query_once"
            ),
        ]

    def __str__(self) -> str:
        return f"query {self.pk} ({self.status}) {self.participant_code} {self.label_en}"

    @property
    def place(self) -> Place:
        """Whose and of which form the record is."""
        return Place(
            site_id=self.site_id,
            participant_id=self.participant_id,
            participant_code=self.participant_code,
            visit_id=self.visit_id,
            visit_label=self.visit_label,
            form=self.form,
        )

    @property
    def record(self) -> Record:
        """The record, or value, that is asked about."""
        return Record(self.table, self.record_id, self.field)

    @property
    def label(self) -> Label:
        """What the record was called, in both languages."""
        return Label(self.label_en, self.label_zh)

    @property
    def manual(self) -> bool:
        """Whether a person asked: then the site can't settle it, nor does a change of the value."""
        return self.origin in (Origin.MONITOR, Origin.DATA_MANAGER)


class QueryMessage(models.Model):
    """One entry of a query's thread, with the value as it was at that moment."""

    query = models.ForeignKey(Query, models.PROTECT, related_name="messages")
    step = models.CharField(max_length=10, choices=Step)
    text = models.TextField(blank=True)
    text_zh = models.TextField(blank=True)
    value = models.TextField(blank=True)
    at = models.DateTimeField(db_default=Now(), editable=False)
    by = models.CharField(max_length=60)
    role = models.CharField(max_length=20, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(step__in=Step.values), name="querymessage_step"),
            models.CheckConstraint(
                condition=Q(step="assigned") | ~Q(text=""), name="querymessage_has_text"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.step} by {self.by}"

    @property
    def said(self) -> str:
        """The text; one of the system's own in the language of the page."""
        chinese = (get_language() or "en").startswith("zh")
        return self.text_zh if chinese and self.text_zh else self.text
