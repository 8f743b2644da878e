"""Ending what a user is signed in with: sessions and tokens, within one request (R-34)."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from trial.access.models import ApiToken, Session, User
from trial.access.sessions import SLACK, STARTED, SessionStore
from trial.audit import events
from trial.audit.context import Actor, transaction

AGENT, ADDRESS = "agent", "address"
# The more special name first: Edge calls itself Chrome too, and Chrome Safari.
BROWSERS = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A live session as people see it; `mark` names it, and opens nothing."""

    mark: str
    started_at: datetime
    last_seen: datetime
    agent: str
    address: str
    current: bool

    @property
    def browser(self) -> str:
        """The browser and system in a few words, as far as the client's own text tells."""
        return " · ".join(filter(None, (_first(BROWSERS, self.agent), _first(SYSTEMS, self.agent))))


def _first(names: tuple[tuple[str, str], ...], agent: str) -> str:
    return next((word for sign, word in names if sign in agent), "")


def mark_of(session_key: str) -> str:
    """A name for a session from which nobody finds its key."""
    return hashlib.sha256(f"session:{session_key}".encode()).hexdigest()[:32]


def open_sessions(user: User, *, current: str | None = None) -> list[OpenSession]:
    """The live sessions of `user`, last used first; `current` is the key of the asking one."""
    shown = [_shown(row, data, current) for row, data in _live(user)]
    return sorted(shown, key=lambda session: session.last_seen, reverse=True)


def end_session(*, user: User, mark: str, by: Actor, reason: str = "") -> bool:
    """End one session of `user`. False if there is no such session (any more)."""
    with transaction(by=by, reason=reason):
        keys = [row.session_key for row, _data in _live(user) if mark_of(row.session_key) == mark]
        return bool(_end(user, keys, by, reason))


def end_sessions(*, user: User, by: Actor, reason: str = "", keep: str | None = None) -> int:
    """End all sessions of `user` but that with the key `keep`. Returns how many."""
    with transaction(by=by, reason=reason):
        rows = Session.objects.filter(user=user).exclude(session_key=keep or "")
        return _end(user, list(rows.values_list("session_key", flat=True)), by, reason)


def end_tokens(*, user: User, by: Actor, reason: str = "") -> int:
    """Revoke all standing tokens of `user`. Returns how many."""
    with transaction(by=by, reason=reason):
        standing = ApiToken.objects.filter(user=user, revoked_at=None)
        ids = list(standing.values_list("pk", flat=True))
        standing.filter(pk__in=ids).update(revoked_at=timezone.now(), revoked_by=by.name)
        for token_id in ids:
            events.record(events.Act.TOKEN_REVOKED, by=by, record=f"access_apitoken:{token_id}")
        return len(ids)


def end_access(*, user: User, by: Actor, reason: str = "", keep: str | None = None) -> None:
    """End every session, but that with the key `keep`, and every token of `user`.

    Called when an account is deactivated, a role ends, a password changes, or somebody's second
    factors are reset.
    """
    with transaction(by=by, reason=reason):
        end_sessions(user=user, by=by, reason=reason, keep=keep)
        end_tokens(user=user, by=by, reason=reason)


def _end(user: User, keys: list[str], by: Actor, reason: str) -> int:
    ended, _by_model = Session.objects.filter(session_key__in=keys).delete()
    if ended:
        events.record(
            events.Act.SESSION_ENDED,
            by=by,
            record=f"access_user:{user.pk}",
            details={"user": user.username, "sessions": ended, "reason": reason},
        )
    return ended


def _live(user: User) -> Iterator[tuple[Session, dict[str, Any]]]:
    store = SessionStore()
    for row in Session.objects.filter(user=user, expire_date__gt=timezone.now()):
        yield row, store.decode(row.session_data)


def _shown(row: Session, data: dict[str, Any], current: str | None) -> OpenSession:
    idle = timedelta(seconds=settings.SESSION_COOKIE_AGE) + SLACK
    return OpenSession(
        mark=mark_of(row.session_key),
        started_at=datetime.fromtimestamp(data.get(STARTED, 0), tz=UTC),
        last_seen=row.expire_date - idle,
        agent=str(data.get(AGENT, "")),
        address=str(data.get(ADDRESS, "")),
        current=row.session_key == current,
    )
