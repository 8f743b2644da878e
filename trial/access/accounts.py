"""Accounts: their details, and whether they are open (R-08, R-28, R-34)."""

from collections.abc import Mapping
from contextlib import AbstractContextManager

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from trial.access import names
from trial.access.delegating import end_duties
from trial.access.endings import end_access
from trial.access.exceptions import Refused
from trial.access.meanwhile import refused_if
from trial.access.models import Membership, User
from trial.access.selectors import name_is_taken
from trial.access.setup_links import withdraw_setup_link
from trial.access.texts import given
from trial.audit import events
from trial.audit.context import Actor, transaction

DETAILS = ("full_name", "email", "language")


def checked_name(username: str) -> str:
    """A user name as it is stored.

    Raises Refused({"username": ...}) for one that can't be, or that is or ever was somebody's:
    a name is never given to a second person, whatever its case or width (R-28).
    """
    username = names.canonical(username)
    fault = names.fault_of(username)
    if fault:
        raise Refused({"username": [fault]})
    if name_is_taken(username):
        raise _taken()
    return username


def name_taken_meanwhile() -> AbstractContextManager[None]:
    """Of two who take one name at once, the second is refused in words."""
    # The constraint of the name as written, or that of its plain form.
    return refused_if("username", _taken())


def _taken() -> Refused:
    words = _("This user name is, or was, somebody's. Names are never given again.")
    return Refused({"username": [words]})


def checked_details(*, full_name: str, email: str, language: str) -> dict[str, str]:
    """Details of an account as they are stored. Raises Refused at the fields that can't be."""
    wrong: dict[str, list[str]] = {}
    full_name = " ".join(full_name.split())
    if not full_name or len(full_name) > 120 or "\x00" in full_name:
        wrong["full_name"] = [_("A name has 1 to 120 characters.")]
    if language not in dict(settings.LANGUAGES):
        wrong["language"] = [_("Choose one of the languages.")]
    try:
        if email:
            validate_email(email)
    except ValidationError as error:
        wrong["email"] = list(error.messages)
    if wrong:
        raise Refused(wrong)
    return {"full_name": full_name, "email": email, "language": language}


def edit_user(*, user: User, changes: Mapping[str, str], by: Actor, reason: str) -> User:
    """Change name, e-mail or language of an account; the user name stays.

    Raises Refused without a reason and for details that can't be.
    """
    reason = given(reason)
    with transaction(by=by, reason=reason):
        user = User.objects.select_for_update().get(pk=user.pk)
        present = {name: str(getattr(user, name)) for name in DETAILS}
        wanted = checked_details(**{**present, **{k: changes[k] for k in DETAILS if k in changes}})
        differing = [name for name in DETAILS if wanted[name] != present[name]]
        for name in differing:
            setattr(user, name, wanted[name])
        if differing:
            user.save(update_fields=differing)
    return user


def deactivate_user(*, user: User, by: Actor, reason: str) -> User:
    """Close an account at once: sessions, tokens, link and duties end, roles are kept (R-34).

    Raises Refused for one's own account, for one that is closed, and without a reason.
    """
    reason = given(reason)
    with transaction(by=by, reason=reason):
        user = User.objects.select_for_update().get(pk=user.pk)
        if user.pk == by.id:
            raise Refused({"": [_("Another administrator must close your account.")]})
        if not user.is_active:
            raise Refused({"": [_("The account is deactivated.")]})
        user.is_active = False
        user.save(update_fields=["is_active"])
        end_access(user=user, by=by, reason=reason)
        withdraw_setup_link(user=user, by=by, reason=reason)
        end_duties(user=user, by=by, reason=reason)
        _tell(events.Act.USER_DEACTIVATED, user, by, reason)
    return user


def reactivate_user(*, user: User, by: Actor, reason: str) -> User:
    """Open a closed account again, with the roles it had; duties are to be delegated anew.

    Raises Refused for one that is open, and without a reason.
    """
    reason = given(reason)
    with transaction(by=by, reason=reason):
        user = User.objects.select_for_update().get(pk=user.pk)
        if user.is_active:
            raise Refused({"": [_("The account is active.")]})
        user.is_active = True
        user.save(update_fields=["is_active"])
        _tell(events.Act.USER_REACTIVATED, user, by, reason)
    return user


def tell_created(user: User, by: Actor) -> None:
    """The act of making an account, inside its transaction (R-08)."""
    _tell(events.Act.USER_CREATED, user, by, "")


def _tell(act: events.Act, user: User, by: Actor, reason: str) -> None:
    held = Membership.objects.filter(user=user, ended_at=None)
    details = {"user": user.username, "roles": sorted(held.values_list("role", flat=True))}
    events.record(act, by=by, record=f"access_user:{user.pk}", details=details, reason=reason)
