"""Who may sign where (R-29, R-31)."""

from django.utils.translation import gettext_lazy as _

from trial.access.models import Duty, Site, User
from trial.access.policy import Decision, Denied, can
from trial.access.roles import Permission
from trial.access.selectors import agreed, delegated, has_log


def may_sign(user: User, site: Site) -> Decision:
    """The role at the site, the agreement, the delegation: the first that lacks is the answer."""
    decision = can(user, Permission.SIGN, site)
    if not decision:
        return decision
    if not agreed(user):
        return Denied(_("Confirm first that your electronic signature binds you like one by hand."))
    # Where no log is kept here, it is kept on paper, and the role alone decides.
    if has_log(site) and not delegated(user, site, Duty.SIGN, site.today()):
        return Denied(_("The delegation log of the site does not give you the duty to sign."))
    return decision
