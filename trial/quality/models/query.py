"""A query: a question to a site about one record, with everything that was said about it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from trial.access.models import Site, User
from trial.access.policy import AnyUser, sites_for
from trial.access.roles import Permission, Role
from trial.audit.records import Place, Record
from trial.protocol.label import Label

FORMS = ("participant", "consent", "eligibility", "visit", "labs")
ADDRESSEES = (Role.COORDINATOR, Role.INVESTIGATOR)


class Status(models.TextChoices):
    """Where a query stands. Only closed ones are done; each can be opened again."""

    OPEN = "open", _("open")
    ANSWERED = "answered", _("answered")
    CLOSED = "closed", _("closed")


class Origin(models.TextChoices):
    """Who or what raised it."""

    EDIT_CHECK = "edit_check", _("edit check")
    MONITOR = "monitor", _("monitor")
    DATA_MANAGER = "datamanager", _("data manager")
    MACHINE = "machine", _("daily check")


class Closing(models.TextChoices):
    """How it was closed: a person took the answer, it should not have been raised, or the check
    that raised it no longer finds anything."""

    ACCEPTED = "accepted", _("answer accepted")
    CANCELLED = "cancelled", _("cancelled")
    HEALED = "healed", _("closed by itself")


class Action(models.TextChoices):
    """What a message of the thread did."""

    RAISED = "raised", _("raised")
    ASKED = "asked", _("asked again")
    ANSWERED = "answered", _("answered")
    REOPENED = "reopened", _("reopened")
    ASSIGNED = "assigned", _("assigned")
    CLOSED = "closed", _("closed")
    CANCELLED = "cancelled", _("cancelled")
    HEALED = "healed", _("closed by itself")


class QueryQuerySet(models.QuerySet["Query"]):
    """Queries, scoped to the sites a user may see."""

    def visible_to(
        self, user: AnyUser, permission: Permission = Permission.QUERY_VIEW
    ) -> "QueryQuerySet":
        scope = sites_for(user, permission)
        return self if scope.everywhere else self.filter(site__in=scope.ids)

    def waiting(self) -> "QueryQuerySet":
        """Those that are not closed."""
        return self.exclude(status=Status.CLOSED)


class Query(models.Model):
    """One question about one record, or with `field` about one value of it.

    Participant, visit and record are known by id and name without a foreign key: this app lies
    below those that own them. `cause` is what is asked, the same however often it is found: of one
    cause at most one query is open (F-025). `check_code` with `params` is what a check found, put
    into words by the page; `text` is what a person wrote. `label_en`, `label_zh`: what the record
    was called when the query was raised.
    """

    site = models.ForeignKey(Site, models.PROTECT, related_name="+")
    participant_id = models.BigIntegerField(null=True)
    participant_code = models.CharField(max_length=12, blank=True)
    visit_id = models.BigIntegerField(null=True)
    visit_label = models.CharField(max_length=12, blank=True)
    form = models.CharField(max_length=20)
    table_name = models.CharField(max_length=60)
    record_id = models.BigIntegerField()
    field = models.CharField(max_length=60, blank=True)
    label_en = models.CharField(max_length=200)
    label_zh = models.CharField(max_length=200)
    origin = models.CharField(max_length=20, choices=Origin)
    check_code = models.CharField(max_length=40, blank=True)
    params = models.JSONField(default=dict)
    text = models.TextField(blank=True)
    cause = models.CharField(max_length=200)
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    role = models.CharField(max_length=20)
    assignee = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=60)
    opened_role = models.CharField(max_length=20)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.CharField(max_length=60, null=True)  # noqa: DJ001 - null with its time
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=60, null=True)  # noqa: DJ001 - null with its time
    closing = models.CharField(max_length=10, choices=Closing, blank=True)

    objects = QueryQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["status", "site", "opened_at"], name="query_by_status"),
            models.Index(
                fields=["participant_id"],
                condition=~Q(status="closed"),
                name="query_of_participant",
            ),
            models.Index(fields=["table_name", "record_id"], name="query_of_record"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["cause"], condition=~Q(status="closed"), name="query_one_open_per_cause"
            ),
            models.CheckConstraint(
                condition=Q(status__in=Status.values), name="query_status_known"
            ),
            models.CheckConstraint(
                condition=Q(origin__in=Origin.values), name="query_origin_known"
            ),
            models.CheckConstraint(condition=Q(form__in=FORMS), name="query_form_known"),
            models.CheckConstraint(
                condition=Q(role__in=[role.value for role in ADDRESSEES]),
                name="query_role_answers",
            ),
            models.CheckConstraint(
                condition=~Q(check_code="") | ~Q(text=""), name="query_asks_something"
            ),
            models.CheckConstraint(
                condition=Q(answered_at=None, answered_by=None)
                | Q(answered_at__isnull=False, answered_by__isnull=False),
                name="query_answer_has_by",
            ),
            models.CheckConstraint(
                condition=~Q(status="answered") | Q(answered_at__isnull=False),
                name="query_answered_has_answer",
            ),
            models.CheckConstraint(
                condition=Q(
                    status="closed",
                    closed_at__isnull=False,
                    closed_by__isnull=False,
                    closing__in=Closing.values,
                )
                | (~Q(status="closed") & Q(closed_at=None, closed_by=None, closing="")),
                name="query_closed_has_by",
            ),
        ]

    def __str__(self) -> str:
        return f"query {self.pk} {self.status}"

    @property
    def label(self) -> Label:
        """What the record was called when the query was raised."""
        return Label(self.label_en, self.label_zh)

    @property
    def record(self) -> Record:
        return Record(self.table_name, self.record_id, self.field)

    @property
    def place(self) -> Place:
        return Place(
            site_id=self.site_id,
            participant_id=self.participant_id,
            participant_code=self.participant_code,
            visit_id=self.visit_id,
            visit_label=self.visit_label,
            form=self.form,
        )


class QueryMessage(models.Model):
    """One thing said or done about a query. `value` is the value of the record as it was then;
    `text` is a person's, a check's own closing needs none."""

    query = models.ForeignKey(Query, models.PROTECT, related_name="messages")
    action = models.CharField(max_length=10, choices=Action)
    text = models.TextField(blank=True)
    value = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    by = models.CharField(max_length=60)
    role = models.CharField(max_length=20)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(action__in=Action.values), name="query_message_action_known"
            ),
            models.CheckConstraint(condition=~Q(by=""), name="query_message_has_by"),
        ]

    def __str__(self) -> str:
        return f"{self.query_id} {self.action}"
