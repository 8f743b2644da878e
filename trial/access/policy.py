"""May this user do this, here? The answer carries its reason: it hides the button, fills the 403
and writes the message."""

from dataclasses import dataclass
from typing import TypeAlias

from django.contrib.auth.models import AnonymousUser
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from trial.access.models import Membership, Site, User
from trial.access.roles import ROLES, Permission, Role

AnyUser: TypeAlias = User | AnonymousUser


@dataclass(frozen=True, slots=True)
class Allowed:
    """Yes, and under which role (the audit trail records it)."""

    role: Role
    allowed: bool = True

    def __bool__(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Denied:
    """No, with a sentence for the person who asked."""

    reason: str | Promise
    allowed: bool = False

    def __bool__(self) -> bool:
        return False


Decision: TypeAlias = Allowed | Denied


@dataclass(frozen=True, slots=True)
class SiteScope:
    """The sites a right extends to: all of them, or those with these ids."""

    everywhere: bool
    ids: frozenset[int] = frozenset()

    def __contains__(self, site_id: int) -> bool:
        return self.everywhere or site_id in self.ids

    def __bool__(self) -> bool:
        return self.everywhere or bool(self.ids)


def powers(user: AnyUser) -> tuple[tuple[Role, int | None], ...]:
    """(role, site id or None for all sites) of each standing membership; read once per request."""
    if not isinstance(user, User) or not user.is_active:
        return ()
    cached: tuple[tuple[Role, int | None], ...] | None = user.__dict__.get("_powers")
    if cached is None:
        held = Membership.objects.filter(user=user, ended_at=None).select_related("site")
        rows = list(held.order_by("id"))
        cached = tuple((Role(row.role), row.site_id) for row in rows)
        user.__dict__["_powers"] = cached
        user.__dict__["_sites"] = {row.site for row in rows if row.site}
    return cached


def own_sites(user: AnyUser) -> list[Site]:
    """The sites of a site-bound user, by code; empty for one who works across all sites."""
    if any(site is None for _role, site in powers(user)):
        return []
    return sorted(user.__dict__.get("_sites", ()), key=lambda site: site.code)


def can(user: AnyUser, permission: Permission, site: Site | int | None = None) -> Decision:
    """Whether `user` holds `permission`, at `site` if one is given, else anywhere at all."""
    held = roles_for(user, permission, site)
    if held:
        return Allowed(held[0])
    if site is not None and can(user, permission):
        return Denied(_("Your role does not extend to this site."))
    return Denied(_("Your role does not include this."))


def roles_for(
    user: AnyUser, permission: Permission, site: Site | int | None = None
) -> tuple[Role, ...]:
    """The roles under which `user` holds `permission`, at `site` if one is given, as granted."""
    site_id = site.pk if isinstance(site, Site) else site
    return tuple(
        role
        for role, at in powers(user)
        if permission in ROLES[role].permissions and (site_id is None or at in (None, site_id))
    )


def sites_for(user: AnyUser, permission: Permission) -> SiteScope:
    """The sites at which `user` holds `permission`."""
    held = [at for role, at in powers(user) if permission in ROLES[role].permissions]
    if None in held:
        return SiteScope(everywhere=True)
    return SiteScope(everywhere=False, ids=frozenset(at for at in held if at is not None))


def main_role(user: AnyUser) -> Role | None:
    """The role that decides which home page a user gets: the first one granted."""
    held = powers(user)
    return held[0][0] if held else None
