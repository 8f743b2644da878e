"""Users, their roles and the sites, for those who look after accounts."""

from collections.abc import Iterable, Mapping

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from trial.access.models import Delegation, Membership, RoleGrant, Site, User
from trial.audit.events import Act
from trial.audit.models import Event

LATEST = 20
_WAYS_IN = (f"act:{Act.SIGNED_IN}", f"act:{Act.SIGNED_OUT}")


def accounts() -> QuerySet[User]:
    """Every user with their standing roles in `standing`; two statements."""
    held = Membership.objects.filter(ended_at=None).select_related("site").order_by("role", "id")
    roles = Prefetch("memberships", queryset=held, to_attr="standing")
    return User.objects.prefetch_related(roles).order_by("username")


def chosen(choice: Mapping[str, str]) -> QuerySet[User]:
    """The accounts that fit a filter: by name, standing role, its site, and state."""
    found = accounts()
    held = Membership.objects.filter(user=OuterRef("pk"), ended_at=None)
    if choice["name"]:
        name = choice["name"]
        found = found.filter(Q(username__icontains=name) | Q(full_name__icontains=name))
    if choice["role"] or choice["site"]:
        wanted = {"role": choice["role"], "site__code": choice["site"]}
        found = found.filter(Exists(held.filter(**{k: v for k, v in wanted.items() if v})))
    if choice["active"]:
        found = found.filter(is_active=choice["active"] == "yes")
    return found


def sites() -> QuerySet[Site]:
    """Every site with the protocol versions it has adopted; two statements."""
    return Site.objects.prefetch_related("protocols").order_by("code")


def roles_of(user: User) -> QuerySet[Membership]:
    """All roles that a user holds or held, standing ones first, with who asked and agreed."""
    rows = Membership.objects.filter(user=user).select_related("site", "grant")
    return rows.order_by("ended_at", "id")


def waiting_grants() -> QuerySet[RoleGrant]:
    """Requests for roles that wait for a second person, oldest first."""
    rows = RoleGrant.objects.filter(membership=None, refused_at=None)
    return rows.select_related("user", "site").order_by("id")


def grants() -> QuerySet[RoleGrant]:
    """All requests that took, or take, a second person, newest first."""
    rows = RoleGrant.objects.filter(
        Q(membership=None) | Q(refused_at__isnull=False) | Q(approved_at__isnull=False)
    )
    return rows.select_related("user", "site").order_by("-id")


def sign_ins(user: User) -> list[Event]:
    """The last times the user signed in or out, or somebody failed to under this name."""
    own = Event.objects.filter(actor=user.username, kind__in=_WAYS_IN).order_by("-id")[:LATEST]
    tried = Event.objects.filter(
        kind=f"act:{Act.SIGN_IN_FAILED}", details__username=user.username.lower()
    ).order_by("-id")[:LATEST]
    return sorted([*own, *tried], key=lambda event: event.id, reverse=True)[:LATEST]


def account_events(user: User, kinds: Iterable[str]) -> QuerySet[Event]:
    """The last events of these kinds about an account, newest first."""
    own = Event.objects.of_record("access_user", user.pk).filter(kind__in=list(kinds))
    return own.order_by("-id")[:LATEST]


def people_at(site: Site) -> QuerySet[User]:
    """The active users who hold a role at the site, by name."""
    here = Membership.objects.filter(user=OuterRef("pk"), site=site, ended_at=None)
    return User.objects.filter(Exists(here), is_active=True).order_by("full_name", "id")


def investigators_at(site: Site) -> QuerySet[User]:
    """The active investigators of the site, by name."""
    here = Membership.objects.filter(
        user=OuterRef("pk"), site=site, ended_at=None, role="investigator"
    )
    return User.objects.filter(Exists(here), is_active=True).order_by("full_name", "id")


def log_of(site: Site, *, past: bool) -> QuerySet[Delegation]:
    """The delegation log of a site: the entries that stand, or all with those that have ended."""
    rows = Delegation.objects.filter(site=site).select_related("user")
    return (rows if past else rows.filter(ended_at=None)).order_by("-ended_at", "-id")


def open_entries(sites: QuerySet[Site]) -> QuerySet[Delegation]:
    """The entries that stand at several sites, with whose they are."""
    rows = Delegation.objects.filter(site__in=sites, ended_at=None).select_related("user")
    return rows.order_by("site_id", "id")
