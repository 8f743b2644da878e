"""Who may sign where (R-29, R-31)."""

from datetime import date

from django.utils.translation import gettext_lazy as _

from trial.access.models import Site, User
from trial.access.policy import Decision, Denied, can
from trial.access.roles import Permission

DUTY = "sign"


def agreed(user: User) -> bool:
    """Whether the user has confirmed that their electronic signature binds them (R-31).

    Until agreements are recorded (trial.access), everybody's counts as confirmed.
    """
    return bool(user.is_active)


def delegated(user: User, site: Site, duty: str, on: date) -> bool:
    """Whether the site's delegation log gives the user this duty on that day (R-29).

    Until a log is kept (trial.access), the role alone decides.
    """
    return bool(user.is_active and site and duty and on)


def may_sign(user: User, site: Site) -> Decision:
    """The role at the site, the agreement, the delegation: the first that lacks is the answer."""
    decision = can(user, Permission.SIGN, site)
    if not decision:
        return decision
    if not agreed(user):
        return Denied(_("Confirm first that your electronic signature binds you like one by hand."))
    if not delegated(user, site, DUTY, site.today()):
        return Denied(_("The delegation log of the site does not give you the duty to sign."))
    return decision
