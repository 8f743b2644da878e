"""Ending what a user is signed in with: sessions and tokens, within one request (R-34)."""

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils import timezone

from trial.access.models import ApiToken, User
from trial.audit import events
from trial.audit.context import Actor, transaction


def end_sessions(*, user: User, by: Actor, reason: str = "") -> int:
    """End all sessions of `user`. Returns how many."""
    with transaction(by=by, reason=reason):
        live = Session.objects.filter(expire_date__gt=timezone.now())
        mine = [row.pk for row in live if row.get_decoded().get(SESSION_KEY) == str(user.pk)]
        return Session.objects.filter(pk__in=mine).delete()[0]


def end_tokens(*, user: User, by: Actor, reason: str = "") -> int:
    """Revoke all standing tokens of `user`. Returns how many."""
    with transaction(by=by, reason=reason):
        standing = ApiToken.objects.filter(user=user, revoked_at=None)
        ids = list(standing.values_list("pk", flat=True))
        standing.filter(pk__in=ids).update(revoked_at=timezone.now(), revoked_by=by.name)
        for token_id in ids:
            events.record(events.Act.TOKEN_REVOKED, by=by, record=f"access_apitoken:{token_id}")
        return len(ids)


def end_access(*, user: User, by: Actor, reason: str = "") -> None:
    """End every session and every token of `user`.

    Called when an account is deactivated or a role ends.
    """
    with transaction(by=by, reason=reason):
        end_sessions(user=user, by=by, reason=reason)
        end_tokens(user=user, by=by, reason=reason)
