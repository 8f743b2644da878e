"""Panels sent by other systems: answered once per key, whatever the network does."""

from collections.abc import Callable
from typing import Any

from trial.access.idempotency import once
from trial.audit.context import Actor, transaction


def answer_once(
    *, key: str, body: object, act: Callable[[], dict[str, Any]], by: Actor, reason: str = ""
) -> tuple[dict[str, Any], bool]:
    """Run `act` under an idempotency key and keep its whole answer (JSON) in its transaction, whose
    `reason` is the one that `act` writes for.

    A repeated request gets that answer again, even if the panel has changed since. Returns
    (answer, replayed); raises KeyReused if the key came with another body before (F-004, F-005).
    """
    if by.id is None:
        raise ValueError("an idempotency key is a person's own")
    with transaction(by=by, reason=reason):
        return once(user_id=by.id, key=key, body=body, act=act)
