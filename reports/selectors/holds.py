"""The study as a tree of what is frozen and locked: sites, participants, visits."""

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from labs.models import Result
from patients.models import Participant
from reports.selectors.readiness import under
from trial.access.models import Site
from trial.access.policy import AnyUser
from trial.access.roles import Permission
from trial.access.selectors import sites_of
from trial.audit.records import Place
from trial.quality.models import Hold, Kind, Scope
from visits.models import Status, Visit


@dataclass(frozen=True, slots=True)
class SiteRow:
    """A site with how many of its participants are held by themselves."""

    site: Site
    participants: int
    locked: int
    frozen: int
    hold: Hold | None


def study_hold() -> Hold | None:
    """The hold over the whole study."""
    return Hold.objects.standing().filter(scope=Scope.STUDY).by_strength().first()


def sites(user: AnyUser) -> list[SiteRow]:
    """The user's sites; three statements. Of their participants' holds only the counts are read."""
    found = list(sites_of(user, Permission.REPORT_VIEW).annotate(people=Count("participants")))
    standing = Hold.objects.standing().filter(site__in=found)
    of_people = standing.filter(scope=Scope.PARTICIPANT).order_by().values_list("site", "kind")
    held = {(site, kind): count for site, kind, count in of_people.annotate(Count("pk"))}
    of_site: dict[int | None, Hold] = {}
    for hold in standing.filter(scope=Scope.SITE).by_strength():
        of_site.setdefault(hold.site_id, hold)
    return [
        SiteRow(
            site=site,
            participants=site.people,
            locked=held.get((site.pk, Kind.LOCK), 0),
            frozen=held.get((site.pk, Kind.FREEZE), 0),
            hold=of_site.get(site.pk),
        )
        for site in found
    ]


def requested(user: AnyUser) -> QuerySet[Hold]:
    """Locks whose release is asked for, the longest wait first."""
    waiting = Hold.objects.standing().visible_to(user).filter(requested_at__isnull=False)
    return waiting.select_related("site").order_by("requested_at")


@dataclass(frozen=True, slots=True)
class Extent:
    """How much a hold is over."""

    participants: int
    visits: int
    results: int


def extent(scope: Scope, place: Place) -> Extent:
    """What a hold of this scope would be over, counted; three statements."""
    people = under(scope, place).order_by()
    of_visit = Q(pk=place.visit_id) if scope in (Scope.VISIT, Scope.FORM) else Q()
    visits = Visit.objects.filter(of_visit, participant__in=people).exclude(status=Status.PLANNED)
    return Extent(
        participants=people.count(),
        visits=visits.count(),
        results=Result.objects.filter(panel__visit__in=visits).count(),
    )


def participants(user: AnyUser, site: Site) -> QuerySet[Participant]:
    """The site's participants that the user may see, by code."""
    visible = Participant.objects.visible_to(user, Permission.REPORT_VIEW)
    return visible.filter(site=site).select_related("site").order_by("code")
