"""Fresh proof of who is at the keyboard, asked for before a grave act (R-27, R-38, F-115).

Signing, unlocking and unblinding all call `prove`; its failures are counted per user, whatever
they were asked for, and apart from those of the sign-in page: nobody can pause another's work
without having got into that person's session first.
"""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.hashers import check_password
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from trial.access import factors
from trial.access.alerts import raise_alert
from trial.access.exceptions import Refused, TooManyFailures
from trial.access.models import AlertKind, ProofCount, User
from trial.audit import context, events
from trial.audit.context import Actor, transaction

LIMIT = 5
WINDOW = timedelta(minutes=15)
PAUSE = timedelta(minutes=15)

WRONG_CODE = _("The code is wrong, or was used before.")
WRONG_KEY = _("The security key was not accepted.")
WRONG = _("The user name or the password is wrong.")
PAUSED = _("Too many failures: confirming with a password is paused. Try again in 15 minutes.")


@dataclass(frozen=True, slots=True)
class Check:
    """One part of a proof: the field it was typed into, what is said if it is wrong."""

    field: str
    wrong: str | Promise
    is_right: Callable[[], bool]


def prove(
    *,
    user: User,
    username: str | None,
    password: str,
    address: str = "",
    act: str,
    by: Actor,
    code: str | None = None,
) -> None:
    """Return if the person is `user`; `act` says in one word what the proof is for.

    With a `username` both components are asked for (21 CFR 11.200(a)(1)(i)), else the private
    one. With a `code`, even an empty one, the second factor's code is asked for as well.

    Raises Refused({"password" or "code": ...}) on a wrong proof and TooManyFailures (429) while
    proofs are paused: after 5 failures within 15 minutes, for 15 minutes.

    Call it before the transaction of the act is opened: a failure must stay counted when what
    was asked for is undone. Called inside one it raises RuntimeError.
    """
    checks = [Check("password", WRONG, lambda: _is_right(user, username, password))]
    if code is not None:
        typed = code
        right = lambda: factors.accepts_code(user=user, code=typed, by=by)  # noqa: E731
        checks.append(Check("code", WRONG_CODE, right))
    _prove(user, checks, act=act, address=address, by=by)


def prove_code(*, user: User, code: str, address: str = "", act: str, by: Actor) -> None:
    """As `prove`, for the second step of signing in: a code of the app, or a recovery code."""
    check = Check("code", WRONG_CODE, lambda: factors.accepts_code(user=user, code=code, by=by))
    _prove(user, [check], act=act, address=address, by=by)


def prove_key(
    *, user: User, credential: Mapping[str, Any], address: str = "", act: str, by: Actor
) -> None:
    """As `prove_code`, for a security key's answer to the challenge of this session."""
    right = lambda: factors.accepts_key(user=user, credential=credential, by=by)  # noqa: E731
    _prove(user, [Check("", WRONG_KEY, right)], act=act, address=address, by=by)


def is_paused(user: User) -> bool:
    """Whether `user` would be refused now without a look at the password."""
    until = ProofCount.objects.filter(user=user).values_list("locked_until", flat=True).first()
    return until is not None and until > timezone.now()


def _prove(user: User, checks: Sequence[Check], *, act: str, address: str, by: Actor) -> None:
    if context.is_open():
        raise RuntimeError("a proof inside a transaction: its count would be undone with it")
    with transaction(by=by):
        refusal = _judge(user, checks, act, address, by)
    if refusal is not None:
        raise refusal


def _judge(
    user: User, checks: Sequence[Check], act: str, address: str, by: Actor
) -> Refused | None:
    count, _created = ProofCount.objects.select_for_update().get_or_create(user=user)
    now = timezone.now()
    if count.locked_until is not None and count.locked_until > now:
        return TooManyFailures({checks[0].field: [PAUSED]})
    failed = next((check for check in checks if not check.is_right()), None)
    if failed is None:
        _start_over(count)
        return None
    paused = _note_failure(count, user, act=act, address=address, by=by, now=now)
    if paused:
        return TooManyFailures({failed.field: [PAUSED]})
    return Refused({failed.field: [failed.wrong]})


def _is_right(user: User, username: str | None, password: str) -> bool:
    """Both parts are looked at whatever the first one says: the time tells nothing."""
    stored = User.objects.get(pk=user.pk)  # as it is now, not as the session read it
    named = username is None or _folded(username) == _folded(stored.username)
    matches = check_password(password, stored.password)
    return named and matches and stored.is_active


def _folded(username: str) -> str:
    return unicodedata.normalize("NFKC", username).strip().casefold()


def _start_over(count: ProofCount) -> None:
    if count.failures or count.locked_until:
        count.failures, count.locked_until = [], None
        count.save(update_fields=["failures", "locked_until"])


def _note_failure(
    count: ProofCount, user: User, *, act: str, address: str, by: Actor, now: datetime
) -> bool:
    """Count one failure, in the open transaction. Returns whether proofs are now paused."""
    details = {"user": user.username, "act": act, "address": address}
    record = f"access_user:{user.pk}"
    events.record(events.Act.REAUTH_FAILED, by=by, record=record, details=details)
    count.failures = [at for at in count.failures if at > now - WINDOW] + [now]
    paused = len(count.failures) >= LIMIT
    if paused:
        count.failures, count.locked_until = [], now + PAUSE
        events.record(events.Act.REAUTH_LOCKED, by=by, record=record, details=details)
        raise_alert(
            kind=AlertKind.REAUTH_LOCKED,
            username=user.username,
            address=address,
            details={"act": act},
            by=by,
        )
    count.save(update_fields=["failures", "locked_until"])
    return paused
