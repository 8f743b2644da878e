"""Which roles one person may not hold together, and which not one after the other (R-33, R-35).

The database holds the same rules (migration 0010); these give the sentence.
"""

from collections.abc import Collection

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from trial.access.roles import ROLES, Role


def refusal(
    role: Role, *, standing: Collection[Role], ever: Collection[Role]
) -> str | Promise | None:
    """Why somebody with these roles can't be given `role`; None if nothing speaks against it.

    `standing` are the roles held now, `ever` those held at any time.
    """
    if Role.ADMIN in standing and role != Role.ADMIN:
        return _("An administrator holds no role in the study: end the administrator's role first.")
    if role == Role.ADMIN and any(held != Role.ADMIN for held in standing):
        return _("Who has a role in the study can't be administrator: end those roles first.")
    if Role.READER in standing and role != Role.READER:
        return _("A central reader knows nothing else of the study: end the reader's role first.")
    if role == Role.READER and any(held != Role.READER for held in ever):
        return _(
            "Who has or had another role may have seen participants: reading blinded to them is "
            "not possible any more."
        )
    if not ROLES[role].blinded and any(ROLES[held].blinded for held in standing):
        return _("Nobody is blinded and unblinded at once: end the blinded roles first.")
    if ROLES[role].blinded and any(not ROLES[held].blinded for held in ever):
        return _(
            "This person holds or held an unblinded role. What was seen can't be unseen: "
            "a blinded role is not possible any more."
        )
    return None


def misplaced(role: Role, *, at_site: bool) -> str | Promise | None:
    """Why `role` can't be given at a site, or at none; None if it can."""
    if ROLES[role].site_bound and not at_site:
        return _("This role is held at a site: choose one.")
    if not ROLES[role].site_bound and at_site:
        return _("This role extends to all sites: choose none.")
    return None
