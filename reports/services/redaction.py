"""Taking a value that names a person out of the data and out of the trail (R-07).

One person asks, another agrees; then the database replaces the value everywhere by a tombstone and
keeps what the seals need, so that `verify_audit` says "ok, 1 redacted" and never "broken".
"""

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from reports.classification import FIELDS, Kind
from reports.records import Found
from trial.access.exceptions import Refused
from trial.audit import events
from trial.audit.context import Actor, transaction
from trial.audit.models import RedactionRequest

TOMBSTONE = "[redacted]"


def redactable(found: Found) -> tuple[str, ...]:
    """The fields of a record in which somebody may have named a person: its free texts."""
    model = found.kind.model
    kinds, form = FIELDS[model._meta.label], getattr(model, "form", None)
    texts = {
        field.name
        for field in model._meta.concrete_fields
        if field.get_internal_type() == "TextField"
    }
    if form is not None:  # a line of text has a length there
        texts |= {"not_done", *(one.name for one in form.questions if one.kind == "text")}
    return tuple(n for n in found.fields if n in texts and kinds[n] is Kind.IDENTIFYING)


def request(*, found: Found, field: str, reason: str, by: Actor) -> RedactionRequest:
    """Ask that a free text be redacted. The same request again gives the one that waits.

    Raises Refused without a reason, and for a field that is no free text.
    """
    if not reason.strip():
        raise Refused({"reason": [_("Say why, without repeating what is to be taken out.")]})
    if by.id is None or field not in redactable(found):
        raise Refused({"field": [_("Only free text can be redacted; correct other values.")]})
    record = found.record(field)
    with transaction(by=by, reason=reason):
        row, made = RedactionRequest.objects.get_or_create(
            table_name=record.table,
            record_id=record.id,
            field=field,
            done_at=None,
            refused_at=None,
            defaults={
                "site_id": found.place.site_id,
                "participant_id": found.place.participant_id,
                "reason": reason,
                "requested_at": timezone.now(),
                "requested_by": by.name,
                "requested_by_id": by.id,
            },
        )
        if made:
            _tell(events.Act.REDACTION_REQUESTED, row, by, reason)
    return row


def approve(*, row: RedactionRequest, by: Actor) -> RedactionRequest:
    """Agree to a request, which carries it out at once.

    Raises Refused for one's own request and for one that is settled.
    """
    with transaction(by=by, reason=row.reason):
        row = _open(row, by)
        row.approved_at, row.approved_by, row.approved_by_id = timezone.now(), by.name, by.id
        row.save(update_fields=["approved_at", "approved_by", "approved_by_id"])
        with connection.cursor() as cursor:
            cursor.execute("select audit_redact(%s)", [row.pk])
            row.events = cursor.fetchone()[0]
        row.done_at = timezone.now()
        row.save(update_fields=["done_at", "events"])
        _tell(events.Act.REDACTED, row, by, row.reason)
    return row


def refuse(*, row: RedactionRequest, by: Actor, reason: str) -> RedactionRequest:
    """Turn a request down.

    Raises Refused without a reason, for one's own request and for one that is settled.
    """
    if not reason.strip():
        raise Refused({"reason": [_("Say why.")]})
    with transaction(by=by, reason=reason):
        row = _open(row, by)
        row.refused_at, row.refused_by = timezone.now(), by.name
        row.save(update_fields=["refused_at", "refused_by"])
        _tell(events.Act.REDACTION_REFUSED, row, by, reason)
    return row


def _open(row: RedactionRequest, by: Actor) -> RedactionRequest:
    row = RedactionRequest.objects.select_for_update().get(pk=row.pk)
    if row.done_at or row.refused_at:
        raise Refused({"": [_("This request is settled already.")]})
    if row.requested_by_id == by.id:
        raise Refused({"": [_("A second person must agree, not the one who asked.")]})
    return row


def _tell(act: events.Act, row: RedactionRequest, by: Actor, reason: str) -> None:
    events.record(
        act,
        by=by,
        record=f"{row.table_name}:{row.record_id}",
        details={
            "request": row.pk,
            "field": row.field,
            "requested_by": row.requested_by,
            "approved_by": row.approved_by,
            "events": row.events,
        },
        subject=(row.site_id, row.participant_id, None),
        reason=reason,
    )
