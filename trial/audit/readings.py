"""Noting who has looked at clinical data: "who read participant X between t1 and t2" (R-54)."""

import json
from collections.abc import Mapping

from django.db import connection


def note(
    *,
    user_id: int,
    username: str,
    view: str,
    record: Mapping[str, str],
    address: str,
    request_id: str,
) -> None:
    """Note that a person was shown a page. `record`: what its address named, such as a code."""
    # An address may ask for anything; the database keeps no NUL (F-105).
    named = {name: value.replace("\0", "\ufffd") for name, value in record.items()}
    with connection.cursor() as cursor:
        cursor.execute(
            "select audit_note_reading(%s, %s, %s, %s::jsonb, %s, %s)",
            [user_id, username, view, json.dumps(named), address, request_id],
        )
