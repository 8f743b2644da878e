"""Acts that change no clinical row but must be in the trail: sign-in, export, import."""

import json
from collections.abc import Mapping
from enum import StrEnum

from django.db import connection

from trial.audit.context import Actor, transaction


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
    IMPORTED = "imported"
    DRY_RUN = "dry_run"


def record(
    act: Act, *, by: Actor, record: str = "", details: Mapping[str, object] | None = None
) -> None:
    """Write one act. `record` names what it concerns, as "table:id"."""
    table, _, record_id = record.partition(":")
    with transaction(by=by), connection.cursor() as cursor:
        cursor.execute(
            "select audit_act(%s, %s, %s, %s::jsonb)",
            [act.value, table, record_id, json.dumps(details or {}, default=str)],
        )
