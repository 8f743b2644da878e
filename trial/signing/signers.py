"""Who may sign where (R-29, R-31)."""

from django.utils.translation import gettext_lazy as _

from trial.access.duties import Duty
from trial.access.models import Site, User
from trial.access.policy import Decision, Denied, can
from trial.access.roles import Permission
from trial.access.selectors import agreed, delegated, has_log


def may_sign(user: User, site: Site) -> Decision:
    """The role at the site, the agreement, the delegation: the first that lacks is the answer.

    Where a site keeps its delegation log on paper, the role alone decides.
    """
    decision = can(user, Permission.SIGN, site)
    if not decision:
        return decision
    if not agreed(user):
        return Denied(_("Confirm first that your electronic signature binds you like one by hand."))
    if has_log(site) and not delegated(user, site, Duty.SIGN, site.today()):
        return Denied(_("The delegation log of the site does not give you the duty to sign."))
    return decision
