"""Acts that change no clinical row but must be in the trail: sign-in, export, signature, lock."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from django.db import connection

from trial.audit.context import Actor, transaction

Subject = tuple[int | None, int | None, int | None]
NOWHERE: Subject = (None, None, None)


class Act(StrEnum):
    """Every kind of act. An unknown one can't be written."""

    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"
    SIGN_IN_FAILED = "sign_in_failed"
    TOKEN_ISSUED = "token_issued"  # noqa: S105 - the name of an act
    TOKEN_REVOKED = "token_revoked"  # noqa: S105
    EXPORTED = "exported"
    IMPORTED = "imported"
    DRY_RUN = "dry_run"
    # what is recorded about data (trial/quality, trial/signing)
    QUERY_RAISED = "query_raised"
    QUERY_ANSWERED = "query_answered"
    QUERY_REOPENED = "query_reopened"
    QUERY_CLOSED = "query_closed"
    QUERY_ASSIGNED = "query_assigned"
    VERIFIED = "verified"
    VERIFICATION_WITHDRAWN = "verification_withdrawn"
    SIGNED = "signed"
    SIGNATURE_WITHDRAWN = "signature_withdrawn"
    FROZEN = "frozen"
    UNFROZEN = "unfrozen"
    LOCKED = "locked"
    UNLOCK_REQUESTED = "unlock_requested"
    UNLOCKED = "unlocked"
    # the trail itself
    SEALED = "sealed"
    ANCHORED = "anchored"
    TRAIL_VERIFIED = "trail_verified"
    TRAIL_REVIEWED = "trail_reviewed"
    HISTORY_READ = "history_read"
    REDACTION_REQUESTED = "redaction_requested"
    REDACTED = "redacted"
    SNAPSHOT_TAKEN = "snapshot_taken"


def record(
    act: Act,
    *,
    by: Actor,
    record: str = "",
    details: Mapping[str, object] | None = None,
    subject: Subject = NOWHERE,
    reason: str = "",
) -> None:
    """Write one act. `record` names what it concerns, as "table:id"; `subject` is whose it is:
    (site, participant, visit)."""
    table, _, record_id = record.partition(":")
    with transaction(by=by, reason=reason), connection.cursor() as cursor:
        cursor.execute(
            "select audit_act(%s, %s, %s, %s::jsonb, %s, %s, %s)",
            [act.value, table, record_id, json.dumps(details or {}, default=str), *subject],
        )


@dataclass(frozen=True, slots=True)
class Line:
    """One of many acts of the same kind: what it concerns, whose it is, and what else to keep."""

    record: str
    subject: Subject = NOWHERE
    details: Mapping[str, object] = field(default_factory=dict)


def record_many(act: Act, lines: Sequence[Line]) -> None:
    """Write one act for each line, in one statement, under the actor and the reason of the
    transaction that is open; nothing for no lines."""
    if not lines:
        return
    rows = [
        (*line.record.partition(":")[::2], json.dumps(line.details, default=str), *line.subject)
        for line in lines
    ]
    columns = [list(column) for column in zip(*rows, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(
            "select audit_act(%s, r.t, r.i, r.d::jsonb, r.s, r.p, r.v)"
            " from unnest(%s::text[], %s::text[], %s::text[], %s::bigint[], %s::bigint[],"
            " %s::bigint[]) as r(t, i, d, s, p, v)",
            [act.value, *columns],
        )
