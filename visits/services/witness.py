"""The other pair of eyes: a second person who proves who they are beside the first (§8.3)."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from trial.access import policy
from trial.access.duties import DUTY_OF
from trial.access.exceptions import Refused
from trial.access.models import Site, User
from trial.access.names import canonical
from trial.access.reauth import prove
from trial.access.roles import Permission
from trial.access.selectors import delegated
from trial.audit.context import Actor


@dataclass(frozen=True)
class Witness:
    """What the second person typed, and from where."""

    username: str
    password: str
    address: str = ""

    @cached_property
    def wanted(self) -> str:
        """The user name as accounts have it."""
        return canonical(self.username).lower()


def prove_second(*, witness: Witness, site: Site, act: str, by: Actor) -> User:
    """The second person, who has just proved who they are and may handle the product at `site`.

    Raises Refused, in one sentence whichever is wrong: the name, the password, or the right (a
    password that is right says nothing to whoever may not be here). A failed proof leaves nothing
    but its count, and of somebody who works here alone: nobody pauses a stranger's proofs.
    Call it before the transaction of the act.
    """
    person = _person(witness)
    if person is not None and person.pk == by.id:
        raise Refused({"username": [_("It takes another person than you.")]})
    if person is None or not _may(person, site):
        make_password(witness.password)  # it takes as long as looking at one
        raise Refused({"password": [_wrong()]})
    try:
        prove(
            user=person,
            username=witness.username,
            password=witness.password,
            address=witness.address,
            act=act,
            by=by,
        )
    except Refused as refused:
        if refused.status != 400:
            raise
        raise Refused({"password": [_wrong()]}) from None
    return person


def _wrong() -> str:
    return _(
        "The user name or the password is wrong, or this person may not handle the product here."
    )


def _person(witness: Witness) -> User | None:
    return User.objects.filter(username__iexact=witness.wanted, is_active=True).first()


def _may(person: User, site: Site) -> bool:
    if not policy.can(person, Permission.PRODUCT_HANDLE, site):
        return False
    duty = DUTY_OF.get(Permission.PRODUCT_HANDLE)
    if duty is None or not settings.DELEGATION_REQUIRED:
        return True
    return delegated(person, site, duty, site.today())
