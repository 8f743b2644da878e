"""Who may sign where (R-29, R-31)."""

from datetime import date

from django.utils.translation import gettext_lazy as _

from trial.access.duties import Duty
from trial.access.models import Site, User
from trial.access.policy import Decision, Denied, can
from trial.access.roles import Permission
from trial.access.selectors import agreed, delegated, has_log


def entrusted(user: User, site: Site, on: date) -> bool:
    """Whether the site's delegation log has the user sign on that day (R-29).

    A site that keeps no log here has it on paper: there the role alone decides.
    """
    return delegated(user, site, Duty.SIGN, on) or not has_log(site)


def may_sign(user: User, site: Site) -> Decision:
    """The role at the site, the agreement, the delegation: the first that lacks is the answer."""
    decision = can(user, Permission.SIGN, site)
    if not decision:
        return decision
    if not agreed(user):
        return Denied(_("Confirm first that your electronic signature binds you like one by hand."))
    if not entrusted(user, site, site.today()):
        return Denied(_("The delegation log of the site does not give you the duty to sign."))
    return decision
