"""Who has which access: for the regular review of it (R-34), and shared accounts (R-28)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from django.db.models import Count, FilteredRelation, Max, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.utils import timezone

from trial.access.models import AccessReview, Membership, Site, User
from trial.audit.events import Act
from trial.audit.models import Event

ADDRESSES, WITHIN, WATCHED = 3, timedelta(hours=1), timedelta(days=30)
SIGNED_IN = f"act:{Act.SIGNED_IN}"


def standing(site: Site | None) -> QuerySet[Membership]:
    """The standing roles of a site, or all."""
    rows = Membership.objects.filter(ended_at=None)
    return rows.filter(site=site) if site else rows


def listed(site: Site | None) -> "QuerySet[Any, Any]":
    """A row for each standing role, and for each active account without one (at no site)."""
    held = FilteredRelation("memberships", condition=Q(memberships__ended_at=None))
    users = User.objects.annotate(held=held)
    if site:
        users = users.filter(held__site=site)
    else:
        users = users.filter(Q(held__isnull=False) | Q(is_active=True))
    return users.order_by("username", "held__role", "held__id").values(
        "pk",
        "username",
        "full_name",
        "is_active",
        "held__role",
        "held__site__code",
        "held__granted_at",
        "held__granted_by",
        "held__grant__approved_by",
    )


def with_second_factor(user_ids: Iterable[int]) -> set[int]:
    """Which of these users sign in with a second factor; one statement."""
    kinds = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
    found = Authenticator.objects.filter(user__in=list(user_ids), type__in=kinds)
    return set(found.values_list("user_id", flat=True))


def last_sign_ins(usernames: Iterable[str]) -> dict[str, datetime]:
    """When each of these users last signed in, read off the trail; one statement."""
    found = Event.objects.filter(kind=SIGNED_IN, actor__in=list(usernames)).order_by()
    return dict(found.values("actor").annotate(last=Max("at")).values_list("actor", "last"))


def reviews(site: Site | None) -> QuerySet[AccessReview]:
    """The reviews that covered a site, or all sites, newest first."""
    rows = AccessReview.objects.select_related("site")
    return rows.filter(Q(site=None) | Q(site=site)) if site else rows.filter(site=None)


# --- one account, several people? ---------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class SignIn:
    """Somebody signed in under a user name, from an address."""

    username: str
    at: datetime
    address: str


@dataclass(frozen=True, slots=True)
class Shared:
    """An account that was seen from several addresses within an hour, last at `at`."""

    username: str
    at: datetime
    addresses: tuple[str, ...]


def shared(sign_ins: Iterable[SignIn]) -> list[Shared]:
    """The accounts seen from at least three addresses within an hour, by user name.

    Pure. Given in order of time.
    """
    by_name: dict[str, list[SignIn]] = {}
    for one in sign_ins:
        by_name.setdefault(one.username, []).append(one)
    return [found[-1] for _name, own in sorted(by_name.items()) if (found := list(_crowded(own)))]


def _crowded(own: list[SignIn]) -> Iterator[Shared]:
    for last in own:
        near = {one.address for one in own if timedelta() <= last.at - one.at <= WITHIN}
        if len(near) >= ADDRESSES:
            yield Shared(last.username, last.at, tuple(sorted(near)))


def shared_accounts() -> list[Shared]:
    """The accounts that look shared, of the last thirty days; two statements."""
    recent = Event.objects.filter(kind=SIGNED_IN, at__gte=timezone.now() - WATCHED)
    seen = Count(KeyTextTransform("address", "details"), distinct=True)
    many = recent.order_by().values("actor").annotate(n=seen)
    suspects = list(many.filter(n__gte=ADDRESSES).values_list("actor", flat=True))
    rows = recent.filter(actor__in=suspects).order_by("at")
    return shared(
        SignIn(username, at, str((details or {}).get("address", "")))
        for username, at, details in rows.values_list("actor", "at", "details")
    )
