"""Users, their roles and the sites, for those who look after accounts."""

from django.db.models import Prefetch, QuerySet

from trial.access.models import Membership, Site, User


def accounts() -> QuerySet[User]:
    """Every user with their standing roles in `standing`; two statements."""
    held = Membership.objects.filter(ended_at=None).select_related("site").order_by("role", "id")
    roles = Prefetch("memberships", queryset=held, to_attr="standing")
    return User.objects.prefetch_related(roles).order_by("username")


def sites() -> QuerySet[Site]:
    """Every site with the protocol versions it has adopted; two statements."""
    return Site.objects.prefetch_related("protocols").order_by("code")
