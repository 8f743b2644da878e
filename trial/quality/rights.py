"""Who may close or open a query again. The right to do so at all is the roles' affair."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from trial.access.roles import Role
from trial.quality.models import Origin, Query

BY_ITSELF = (Origin.EDIT_CHECK, Origin.MACHINE)


def not_yours(query: Query, role: str) -> str | Promise:
    """Why somebody of `role` may not close or reopen this query; "" if they may.

    What a role raised, its people or the data manager close; what a check raised closes by
    itself, or the data manager closes it. The site closes nothing.
    """
    if role in (Role.DATA_MANAGER, "system"):
        return ""
    if query.origin in BY_ITSELF:
        return _("A check raised this query: it closes by itself, or the data manager closes it.")
    if role != query.opened_role:
        return _("Only the role that raised this query, or the data manager, may do this.")
    return ""
