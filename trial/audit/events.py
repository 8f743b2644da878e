"""Acts that change no clinical row but must be in the trail: sign-in, export, signature, lock."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from django.db import connection

from trial.audit.context import Actor, open_reason, told, transaction

Subject = tuple[int | None, int | None, int | None]
NOWHERE: Subject = (None, None, None)


class Act(StrEnum):
    """Every kind of act. An unknown one can't be written."""

    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGN_IN_LOCKED = "sign_in_locked"
    SESSION_ENDED = "session_ended"
    SESSION_CLIENT_CHANGED = "session_client_changed"
    SESSION_ADDRESS_CHANGED = "session_address_changed"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the name of an act
    PASSWORD_EXPIRED = "password_expired"  # noqa: S105
    SETUP_LINK_ISSUED = "setup_link_issued"
    SETUP_LINK_USED = "setup_link_used"
    FACTOR_ADDED = "factor_added"
    FACTOR_RENAMED = "factor_renamed"
    FACTOR_REMOVED = "factor_removed"
    FACTORS_RESET = "factors_reset"
    RECOVERY_CODES_MADE = "recovery_codes_made"
    RECOVERY_CODES_SHOWN = "recovery_codes_shown"
    RECOVERY_CODE_USED = "recovery_code_used"
    REAUTH_FAILED = "reauth_failed"
    REAUTH_LOCKED = "reauth_locked"
    TOKEN_ISSUED = "token_issued"  # noqa: S105 - the name of an act
    TOKEN_REVOKED = "token_revoked"  # noqa: S105
    EXPORTED = "exported"
    CASEBOOK_PRINTED = "casebook_printed"
    IMPORTED = "imported"
    DRY_RUN = "dry_run"
    # accounts, roles and duties of people
    USER_CREATED = "user_created"
    USER_DEACTIVATED = "user_deactivated"
    USER_REACTIVATED = "user_reactivated"
    ROLE_REQUESTED = "role_requested"
    ROLE_GRANTED = "role_granted"
    ROLE_REFUSED = "role_refused"
    ROLE_ENDED = "role_ended"
    TRAINING_CONFIRMED = "training_confirmed"
    DELEGATED = "delegated"
    DELEGATION_ENDED = "delegation_ended"
    ACCESS_REVIEWED = "access_reviewed"
    # what is recorded about data (trial/quality, trial/signing)
    QUERY_RAISED = "query_raised"
    QUERY_ANSWERED = "query_answered"
    QUERY_REOPENED = "query_reopened"
    QUERY_CLOSED = "query_closed"
    QUERY_ASSIGNED = "query_assigned"
    VERIFIED = "verified"
    VERIFICATION_WITHDRAWN = "verification_withdrawn"
    VERIFICATION_PLANNED = "verification_planned"
    SIGNED = "signed"
    FROZEN = "frozen"
    UNFROZEN = "unfrozen"
    LOCKED = "locked"
    UNLOCK_REQUESTED = "unlock_requested"
    UNLOCKED = "unlocked"
    RANDOMISED = "randomised"
    LIST_COMMITTED = "list_committed"
    # the first two are written by the database itself (randomization/sealed/unblinding_sql.py)
    UNBLINDING_REQUESTED = "unblinding_requested"
    UNBLINDED = "unblinded"
    UNBLINDING_RECORDED = "unblinding_recorded"
    UNBLINDING_APPROVED = "unblinding_approved"
    # the trail itself
    ANCHORED = "anchored"
    TRAIL_REVIEWED = "trail_reviewed"
    REDACTION_REQUESTED = "redaction_requested"
    REDACTION_REFUSED = "redaction_refused"
    REDACTED = "redacted"
    SNAPSHOT_TAKEN = "snapshot_taken"
    GUARD_REMOVED = "guard_removed"  # written by the database itself (trial/database.py)


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
    with transaction(by=by, reason=reason or open_reason()), connection.cursor() as cursor:
        cursor.execute(
            "select audit_act(%s, %s, %s, %s::jsonb, %s, %s, %s)",
            [act.value, table, record_id, json.dumps(details or {}, default=str), *subject],
        )


@dataclass(frozen=True, slots=True)
class Deed:
    """One act of many, as `record` has it."""

    act: Act
    by: Actor
    record: str
    subject: Subject = NOWHERE
    details: Mapping[str, object] = field(default_factory=dict)


# Each act under its own actor, then back to the one whose transaction it is. CASE, because nothing
# else in SQL says what is done first.
_RECORD_MANY = """
select case when set_config('app.context', x.c, true) is not null then
       case when audit_act(x.a, x.t, x.r, x.d, x.s, x.p, x.v) is not null then
       set_config('app.context', %s, true) end end
from jsonb_to_recordset(%s::jsonb)
  as x(c text, a text, t text, r text, d jsonb, s bigint, p bigint, v bigint)
"""


def record_many(deeds: Sequence[Deed], *, by: Actor) -> None:
    """Write the acts of many records in one statement, each under the name of who did it.

    `by` is whose transaction it is, and remains.
    """
    if not deeds:
        return
    reason = open_reason()
    rows = []
    for deed in deeds:
        table, _, record_id = deed.record.partition(":")
        site, person, visit = deed.subject
        rows.append({"c": told(deed.by, reason), "a": deed.act.value, "t": table,
                     "r": record_id, "d": deed.details, "s": site, "p": person,
                     "v": visit})  # fmt: skip
    with transaction(by=by, reason=reason), connection.cursor() as cursor:
        cursor.execute(_RECORD_MANY, [told(by, reason), json.dumps(rows, default=str)])
