"""Which protocol version holds where and when, and at which sites a user may do something."""

from datetime import date, timedelta

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from trial.access.models import ApiToken, Site, SiteProtocol, User
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


def tokens_of(user: User) -> QuerySet[ApiToken]:
    """The API tokens of `user` that stand or have ended within a month, newest first, each with
    `last_used`."""
    recent = timezone.now() - timedelta(days=30)
    standing = Q(expires_at__gt=recent) & (Q(revoked_at=None) | Q(revoked_at__gt=recent))
    found = ApiToken.objects.filter(standing, user=user).order_by("-id")
    return found.annotate(last_used=F("use__last_used"))
