"""Second factors: an authenticator app, security keys, recovery codes (R-08, R-39, F-115).

allauth keeps them (mfa_authenticator) and knows their cryptography; who may do what, the trail
and the counting of failures are ours.
"""

import hmac
import time
from collections.abc import Mapping
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt
from allauth.mfa.webauthn.internal import auth as webauthn
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from trial.access.endings import end_access, end_sessions
from trial.access.exceptions import Refused
from trial.access.models import User
from trial.access.policy import powers
from trial.audit import events
from trial.audit.context import Actor, transaction

Type = Authenticator.Type
PERIOD = 30
DRIFT = 1  # clocks may be one period apart
NAME_LENGTH = 60


# --- what a user has ----------------------------------------------------------------------------
def factors_of(user: User) -> QuerySet[Authenticator]:
    """The second factors of `user`, without the recovery codes, oldest first."""
    kinds = (Type.TOTP, Type.WEBAUTHN)
    found: QuerySet[Authenticator] = Authenticator.objects.filter(user=user, type__in=kinds)
    return found.order_by("id")


def has_factor(user: User) -> bool:
    """Whether signing in takes more than the password."""
    return factors_of(user).exists()


def has_app(user: User) -> bool:
    """Whether `user` has an authenticator app, so can be asked for a code."""
    return factors_of(user).filter(type=Type.TOTP).exists()


def needs_factor(user: User) -> bool:
    """Whether a role of `user` demands a second factor (MFA_REQUIRED_ROLES)."""
    required = set(settings.MFA_REQUIRED_ROLES)
    return bool(required) and any(role.value in required for role, _site in powers(user))


def recovery_codes(*, user: User, by: Actor) -> list[str]:
    """The unused recovery codes; that they were shown is in the trail. Ask for proof before."""
    held = Authenticator.objects.filter(user=user, type=Type.RECOVERY_CODES).first()
    if held is None:
        return []
    with transaction(by=by):
        _tell(events.Act.RECOVERY_CODES_SHOWN, user, by)
    return list(RecoveryCodes(held).get_unused_codes())


def recovery_codes_left(user: User) -> int | None:
    """How many recovery codes are unused; None if there never were any."""
    held = Authenticator.objects.filter(user=user, type=Type.RECOVERY_CODES).first()
    return None if held is None else len(RecoveryCodes(held).get_unused_codes())


# --- adding and removing ------------------------------------------------------------------------
def add_app(*, user: User, secret: str, code: str, by: Actor, keep: str | None = None) -> None:
    """Take an authenticator app into use; `code` shows that it has the secret.

    All sessions of the user but that with the key `keep` end: the password alone opened them.
    Raises Refused({"code": ...}) for a wrong code, or if there is an app already.
    """
    counter = _matching(secret, code, after=0)
    if counter is None:
        raise Refused({"code": [_("The code is wrong. Is the clock of your phone right?")]})
    with transaction(by=by):
        _lock(user)
        if has_app(user):
            raise Refused({"code": [_("You have an authenticator app already.")]})
        app = totp.TOTP.activate(user, secret).instance
        _keep(app, {**app.data, "counter": counter})
        _added(user, app, by, keep)


def add_key(
    *,
    user: User,
    name: str,
    credential: Mapping[str, Any],
    by: Actor,
    keep: str | None = None,
) -> None:
    """Take a security key into use, by the browser's answer to our challenge.

    Sessions end as they do for `add_app`.
    Raises Refused({"": ...}) if it answers another challenge.
    """
    name = _checked_name(name)
    try:
        webauthn.parse_registration_response(credential)
        webauthn.complete_registration(dict(credential))
    except (ValidationError, ValueError, TypeError, KeyError) as error:
        raise Refused(
            {"": [_("The security key's answer could not be used. Try again.")]}
        ) from error
    with transaction(by=by):
        _lock(user)
        key = webauthn.WebAuthn.add(user, name, dict(credential)).instance
        _added(user, key, by, keep)


def rename_key(*, key: Authenticator, name: str, by: Actor) -> None:
    """Give a security key another name. Raises Refused({"name": ...}) without one.

    Raises Authenticator.DoesNotExist for a key that was removed meanwhile.
    """
    name = _checked_name(name)
    with transaction(by=by):
        key = factors_of(key.user).select_for_update(of=("self",)).get(pk=key.pk)
        _keep(key, {**key.data, "name": name})
        _tell(events.Act.FACTOR_RENAMED, key.user, by, type=key.type, name=name)


def remove_factor(*, factor: Authenticator, by: Actor) -> None:
    """Take a factor out of use; with the last one go the recovery codes.

    Raises Refused if a role of the user demands one and this is the last.
    """
    user = factor.user
    with transaction(by=by):
        _lock(user)
        others = factors_of(user).exclude(pk=factor.pk).exists()
        if not others and needs_factor(user):
            raise Refused({"": [_("Your role demands a second factor: add another one first.")]})
        name = label_of(factor)
        factor.delete()
        if not others:
            Authenticator.objects.filter(user=user).delete()
        _tell(events.Act.FACTOR_REMOVED, user, by, type=factor.type, name=name)


def make_recovery_codes(*, user: User, by: Actor) -> None:
    """New recovery codes; the former ones are void. Raises Refused without a second factor."""
    with transaction(by=by):
        _lock(user)
        if not has_factor(user):
            raise Refused({"": [_("Recovery codes stand in for a second factor: add one first.")]})
        Authenticator.objects.filter(user=user, type=Type.RECOVERY_CODES).delete()
        RecoveryCodes.activate(user)
        _tell(events.Act.RECOVERY_CODES_MADE, user, by)


def reset_factors(*, user: User, by: Actor, reason: str, identity_check: str) -> int:
    """Remove all factors of somebody who has lost them; returns how many there were.

    `identity_check` says how it was made sure that the person is who they say (R-39). All
    sessions and tokens end. Raises Refused without reason or check, and for oneself.
    """
    wrong = {
        name: [_("Say it in at least ten characters.")]
        for name, text in (("reason", reason), ("identity_check", identity_check))
        if len(text.strip()) < 10
    }
    if user.pk == by.id:
        wrong[""] = [_("Another administrator must reset your second factor.")]
    if wrong:
        raise Refused(wrong)
    with transaction(by=by, reason=reason):
        _lock(user)
        count = factors_of(user).count()
        Authenticator.objects.filter(user=user).delete()
        _tell(events.Act.FACTORS_RESET, user, by, reason=reason, identity_check=identity_check)
        end_access(user=user, by=by, reason=reason)
        return count


# --- proving ------------------------------------------------------------------------------------
def accepts_code(*, user: User, code: str, by: Actor) -> bool:
    """Whether `code` is the app's present code, or an unused recovery code; it is then used up.

    Call inside a transaction that counts a failure (trial.access.reauth).
    """
    code = "".join(code.split())
    with transaction(by=by):
        app = factors_of(user).select_for_update().filter(type=Type.TOTP).first()
        if app is not None:
            last = int(app.data.get("counter", 0))
            counter = _matching(decrypt(app.data["secret"]), code, after=last)
            if counter is not None:
                _keep(app, {**app.data, "counter": counter}, used=True)
                return True
        return _accepts_recovery(user, code, by)


def _accepts_recovery(user: User, code: str, by: Actor) -> bool:
    codes = Authenticator.objects.filter(user=user, type=Type.RECOVERY_CODES).first()
    if codes is None or not RecoveryCodes(codes).validate_code(code):
        return False
    left = recovery_codes_left(user)
    _tell(events.Act.RECOVERY_CODE_USED, user, by, left=left)
    return True


def accepts_key(*, user: User, credential: Mapping[str, Any], by: Actor) -> bool:
    """Whether a security key of `user` answers the challenge that this session was given."""
    try:
        webauthn.parse_authentication_response(credential)
        key = webauthn.complete_authentication(user, dict(credential))
    except (ValidationError, ValueError, TypeError, KeyError, AttributeError):
        return False
    with transaction(by=by):
        held = factors_of(user).select_for_update(of=("self",)).filter(pk=key.pk).first()
        if held is None:
            return False
        _keep(held, held.data, used=True)
    return True


def label_of(factor: Authenticator) -> str:
    """What a factor is called on pages and in the trail."""
    return (
        str(factor.data.get("name", "")) if factor.type == Type.WEBAUTHN else _("Authenticator app")
    )


def _matching(secret: str, code: str, *, after: int) -> int | None:
    """The period, later than `after`, whose code this is. A code used once is no code any more:
    kept in the database, so that another process knows it too."""
    now = int(time.time()) // PERIOD
    for counter in range(max(now - DRIFT, after + 1), now + DRIFT + 1):
        expected = totp.format_hotp_value(totp.hotp_value(secret, counter))
        if hmac.compare_digest(expected.encode(), "".join(code.split()).encode()):
            return counter
    return None


def _keep(factor: Authenticator, data: dict[str, Any], *, used: bool = False) -> None:
    factor.data = data
    if used:
        factor.last_used_at = timezone.now()
    factor.save(update_fields=["data", "last_used_at"])


def _added(user: User, factor: Authenticator, by: Actor, keep: str | None) -> None:
    end_sessions(user=user, by=by, keep=keep)
    if not Authenticator.objects.filter(user=user, type=Type.RECOVERY_CODES).exists():
        RecoveryCodes.activate(user)
    _tell(events.Act.FACTOR_ADDED, user, by, type=factor.type, name=label_of(factor))


def _checked_name(name: str) -> str:
    name = " ".join(name.split())[:NAME_LENGTH]
    if not name:
        raise Refused({"name": [_("Give the key a name by which you know it.")]})
    return name


def _lock(user: User) -> None:
    User.objects.select_for_update().get(pk=user.pk)


def _tell(act: events.Act, user: User, by: Actor, **details: object) -> None:
    record = f"access_user:{user.pk}"
    events.record(act, by=by, record=record, details={"user": user.username, **details})
