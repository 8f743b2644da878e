"""The audit trail: one row per changed row of a tracked table, one per act; the seals over it."""

from collections.abc import Iterable
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Now

from trial.audit.watermark import Watermark


class TransactionId(models.Field):  # type: ignore[type-arg]  # compared in SQL only
    """PostgreSQL's xid8: which transaction wrote a row."""

    def db_type(self, connection: Any) -> str:
        return "xid8"


class WrittenAfter(Func):
    """Whether an event was not yet visible at a watermark."""

    function = "audit_after"
    output_field = models.BooleanField()

    def __init__(self, seen: Watermark) -> None:
        super().__init__(F("generation"), F("xid"), Value(seen.generation), Value(seen.snapshot))


class EventQuerySet(models.QuerySet["Event"]):
    """The trail, narrowed down."""

    def after(self, seen: Watermark) -> "EventQuerySet":
        """What was written after, or was not yet committed at, a watermark."""
        return self.filter(WrittenAfter(seen))

    def seen_at(self, seen: Watermark) -> "EventQuerySet":
        """What could be seen at a watermark."""
        return self.exclude(WrittenAfter(seen))

    def of_record(self, table: str, record_id: int | str) -> "EventQuerySet":
        """The events of one row."""
        return self.filter(table_name=table, record_id=str(record_id))

    def of_participant(self, participant_id: int) -> "EventQuerySet":
        """The events about one participant."""
        return self.filter(participant_id=participant_id)

    def touching(self, columns: Iterable[str]) -> "EventQuerySet":
        """All but the updates that left these columns as they were."""
        return self.filter(~Q(kind="update") | Q(fields__overlap=list(columns)))

    def changes(self, tables: Iterable[str] = ()) -> "EventQuerySet":
        """Changes of data: no acts, nothing but bookkeeping left out; of `tables`, if given."""
        found = self.filter(Q(kind__in=("insert", "delete")) | Q(kind="update") & ~Q(fields=[]))
        return found.filter(table_name__in=list(tables)) if tables else found


class Event(models.Model):
    """One change of one row, or one act. Written by the database alone (operations.py).

    No foreign keys: nothing may be blocked, cascaded or hidden by what the trail describes.
    `old` and `new` are the whole row before and after; an act has `details` instead. `fields` are
    the columns that an update changed, bookkeeping left out. `site_id`, `participant_id` and
    `visit_id` say whose row it is.
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
    site_id = models.BigIntegerField(null=True)
    participant_id = models.BigIntegerField(null=True)
    visit_id = models.BigIntegerField(null=True)
    fields = ArrayField(models.TextField(), null=True)
    old = models.JSONField(null=True)
    new = models.JSONField(null=True)
    details = models.JSONField(null=True)
    generation = models.IntegerField()
    xid = TransactionId()
    nonce = models.UUIDField()

    objects = EventQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "audit_event"
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.table_name} {self.record_id}"


class Seal(models.Model):
    """A seal over the events that were final at `at`; `root` also covers the seal before."""

    n = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    generation = models.IntegerField()
    upto_xid = TransactionId()
    ids = ArrayField(models.BigIntegerField())
    previous = models.BinaryField()
    root = models.BinaryField()

    class Meta:
        managed = False
        db_table = "audit_seal"
        ordering = ["n"]

    def __str__(self) -> str:
        return f"seal {self.n}"


class RedactionRequest(models.Model):
    """Somebody asks that a value which names a person be taken out of data and trail (R-07).

    A second person approves or refuses. What was done is `events` of the trail; each keeps its
    leaf, so that the seals still hold.
    """

    table_name = models.TextField()
    record_id = models.BigIntegerField()
    field = models.TextField()
    site_id = models.BigIntegerField(null=True)
    participant_id = models.BigIntegerField(null=True)
    reason = models.TextField()
    requested_at = models.DateTimeField()
    requested_by = models.CharField(max_length=60)
    requested_by_id = models.BigIntegerField()
    approved_at = models.DateTimeField(null=True)
    approved_by = models.CharField(max_length=60, null=True)  # noqa: DJ001 - null with its time
    approved_by_id = models.BigIntegerField(null=True)
    refused_at = models.DateTimeField(null=True)
    refused_by = models.CharField(max_length=60, null=True)  # noqa: DJ001 - null with its time
    done_at = models.DateTimeField(null=True)
    events = models.PositiveIntegerField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(reason__regex=r"\S"), name="redaction_has_reason"),
            models.CheckConstraint(
                condition=Q(approved_at=None, approved_by=None, approved_by_id=None)
                | Q(
                    approved_at__isnull=False,
                    approved_by__isnull=False,
                    approved_by_id__isnull=False,
                ),
                name="redaction_approved_has_by",
            ),
            models.CheckConstraint(
                condition=Q(approved_by_id=None) | ~Q(approved_by_id=F("requested_by_id")),
                name="redaction_needs_two_people",
            ),
            models.CheckConstraint(
                condition=Q(refused_at=None, refused_by=None)
                | Q(refused_at__isnull=False, refused_by__isnull=False),
                name="redaction_refused_has_by",
            ),
            models.UniqueConstraint(
                fields=["table_name", "record_id", "field"],
                condition=Q(done_at=None, refused_at=None),
                name="redaction_one_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.table_name} {self.record_id} {self.field}"


class Reading(models.Model):
    """Somebody was shown a page or an answer with clinical data. Written by the database alone.

    `view` is the name of the address, `record` what the address named. Not under the seals: it
    says who looked, and nothing of what was seen.
    """

    at = models.DateTimeField(db_default=Now())
    user_id = models.BigIntegerField()
    username = models.TextField()
    view = models.TextField()
    record = models.JSONField()
    address = models.TextField()
    request_id = models.TextField()

    class Meta:
        ordering = ["id"]
        indexes = [BrinIndex(fields=["at"], name="reading_at")]

    def __str__(self) -> str:
        return f"{self.username} {self.view}"
