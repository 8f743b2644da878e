"""Which protocol version holds where and when, and at which sites a user may do something."""

from datetime import date

from django.db.models import QuerySet

from trial.access.models import Site, SiteProtocol
from trial.access.policy import AnyUser, sites_for
from trial.access.roles import Permission
from trial.protocol import registry
from trial.protocol.version import ProtocolVersion


def protocol_at(site: Site, on: date) -> ProtocolVersion:
    """The protocol version that holds at `site` on `on`: the last one adopted by then."""
    rows = SiteProtocol.objects.filter(site=site).order_by("effective_from")
    assignments = [(row.version, row.effective_from) for row in rows]
    return registry.get(registry.effective(assignments, on))


def sites_of(user: AnyUser, permission: Permission) -> QuerySet[Site]:
    """The sites at which `user` holds `permission`, by code."""
    scope = sites_for(user, permission)
    sites = Site.objects.order_by("code")
    return sites if scope.everywhere else sites.filter(pk__in=scope.ids)
