"""Passwords: what is a good one, and setting it (R-39)."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from trial.access.credentials import MEMORY
from trial.access.endings import end_access
from trial.access.exceptions import Refused
from trial.access.models import FormerPassword, User
from trial.audit import events
from trial.audit.context import Actor, transaction

LONGEST = 256  # hashing a megabyte is work that nobody should be able to order


class NotUsedBefore:
    """Validator: none of the user's last ten passwords, the present one included."""

    def validate(self, password: str, user: Any = None) -> None:
        if not isinstance(user, User) or user.pk is None:
            return
        former = FormerPassword.objects.filter(user=user).order_by("-id")[:MEMORY]
        hashes = {user.password, *former.values_list("password", flat=True)}
        if any(check_password(password, hashed) for hashed in hashes if hashed):
            raise ValidationError(self.get_help_text(), code="password_used_before")

    def get_help_text(self) -> str:
        return _("The password must be none of your last %(count)d passwords.") % {"count": MEMORY}


class NotTooLong:
    """Validator: no longer than a long sentence."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) > LONGEST:
            raise ValidationError(self.get_help_text(), code="password_too_long")

    def get_help_text(self) -> str:
        return _("The password must have at most %(count)d characters.") % {"count": LONGEST}


def set_password(
    *, user: User, password: str, by: Actor, keep: str | None = None, reason: str = ""
) -> None:
    """Give `user` a new password; it counts as chosen by themself.

    Every session but that with the key `keep`, and every token, ends with the old password.
    Raises Refused({"password": ...}) if it is too weak or was used before.
    """
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Refused({"password": error.messages}) from error
    with transaction(by=by, reason=reason):
        user.password = make_password(password)
        user.must_change_password = False
        user.save(update_fields=["password", "must_change_password"])
        remember(user=user, by=by)
        events.record(
            events.Act.PASSWORD_CHANGED,
            by=by,
            record=f"access_user:{user.pk}",
            details={"user": user.username},
        )
        end_access(user=user, by=by, reason=reason, keep=keep)


def remember(*, user: User, by: Actor) -> None:
    """Keep the hash of the present password, and forget those it no longer matters to know."""
    with transaction(by=by):
        FormerPassword.objects.create(user=user, password=user.password, set_by=by.name)
        old = FormerPassword.objects.filter(user=user).order_by("-id").values("pk")[MEMORY:]
        FormerPassword.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()


def expire(*, user: User, by: Actor) -> None:
    """Demand a new password of `user` if theirs is older than PASSWORD_MAX_DAYS (if set)."""
    if not settings.PASSWORD_MAX_DAYS or user.must_change_password:
        return
    newest = FormerPassword.objects.filter(user=user).order_by("-id").first()
    since = newest.set_at if newest else user.created_at
    if timezone.now() - since < timedelta(days=settings.PASSWORD_MAX_DAYS):
        return
    with transaction(by=by):
        user.must_change_password = True
        user.save(update_fields=["must_change_password"])
        events.record(
            events.Act.PASSWORD_EXPIRED,
            by=by,
            record=f"access_user:{user.pk}",
            details={"user": user.username},
        )
