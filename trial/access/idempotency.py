"""One write for one key: a repeated submit changes nothing and gets the first one's answer.

"Error shown" is not "not saved": a client that lost the answer asks again with the same key.
The key's row is written in the same transaction as what it guards.
"""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from trial.access.exceptions import KeyReused
from trial.access.models import IdempotentRequest


def fingerprint(body: object) -> str:
    """SHA-256 of a canonical JSON of `body`."""
    text = json.dumps(body, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def once(
    *, user_id: int, key: str, body: object, act: Callable[[], dict[str, Any]]
) -> tuple[dict[str, Any], bool]:
    """Run `act` unless `key` was already used. Returns (answer, replayed).

    Call inside the transaction that `act` writes in. Raises KeyReused if the key came with
    another body before. A second request with the same key waits for the first to commit.
    """
    mark = fingerprint(body)
    claimed = _claim(user_id, key, mark)
    if claimed is None:
        row = IdempotentRequest.objects.select_for_update().get(user_id=user_id, key=key)
        if row.fingerprint != mark:
            raise KeyReused({"": [_("This idempotency key was used for a different request.")]})
        if row.answer is not None:
            return dict(row.answer), True
        claimed = row.pk
    answer = act()
    IdempotentRequest.objects.filter(pk=claimed).update(answer=answer)
    return answer, False


def _claim(user_id: int, key: str, mark: str) -> int | None:
    """The id of the key's new row, or None if there is one. One statement.

    Waits for a request with this key that is under way.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into access_idempotentrequest (user_id, key, fingerprint, created_at)"
            " values (%s, %s, %s, now()) on conflict (user_id, key) do nothing returning id",
            [user_id, key, mark],
        )
        row = cursor.fetchone()
    return None if row is None else int(row[0])
