"""When somebody last signed in this session: what the next signature has to be proved with."""

from collections.abc import MutableMapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from trial.signing.models import Components
from trial.signing.rules import needs_both

_KEY = "signed_last"
Session = MutableMapping[str, Any]


def components(session: Session, user_id: int) -> Components:
    """What is asked for now. The session ends with sign-out, and this with it."""
    kept = session.get(_KEY) or {}
    last = datetime.fromisoformat(kept["at"]) if kept.get("user") == user_id else None
    return Components.BOTH if needs_both(last, timezone.now()) else Components.PASSWORD


def note(session: Session, user_id: int) -> None:
    """Remember that a signature was proved just now."""
    session[_KEY] = {"user": user_id, "at": timezone.now().isoformat()}


def forget(session: Session) -> None:
    """Ask for both again: after a proof that failed."""
    session.pop(_KEY, None)
