"""The trail as its screen asks for it: scoped, filtered, newest first, page by page by number."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Q

from patients.models import Participant
from randomization.selectors import Unblinded, unblinded_among
from reports.models.trail import OF_ACCOUNTS, visible
from reports.selectors import risk
from reports.selectors.changes import laboratories_in
from trial.access.models import Site, User
from trial.access.policy import AnyUser
from trial.audit.models import Event, EventQuerySet
from trial.quality.casebook import tables_of
from visits.models import Visit

PAGE = 50


@dataclass(frozen=True, slots=True)
class Asked:
    """What part of the trail: each filter as given, "" or None where not."""

    participant: Participant | None = None
    site: int | None = None
    visit: str = ""
    form: str = ""
    field: str = ""
    who: str = ""
    role: str = ""
    kind: str = ""
    since: date | None = None
    until: date | None = None
    reason: str = ""
    risk: str = ""


def events(user: AnyUser, asked: Asked) -> EventQuerySet:
    """The events that the filters leave of what the user may read."""
    return _narrowed(Event.objects.filter(visible(user)), asked)


def of_accounts(asked: Asked) -> EventQuerySet:
    """Sign-ins, users, roles and tokens."""
    return _narrowed(Event.objects.filter(OF_ACCOUNTS), asked)


def _narrowed(rows: EventQuerySet, asked: Asked) -> EventQuerySet:
    rows = rows.filter(_equal(asked), within(asked.since, asked.until))
    if asked.form:
        rows = rows.filter(table_name__in=tables_of(asked.form))
    if asked.visit:
        rows = rows.filter(visit_id__in=_visits(asked.visit).values("id"))
    if asked.field:
        made = Q(kind="insert", new__has_key=asked.field)
        rows = rows.filter(Q(fields__contains=[asked.field]) | made)
    if asked.reason:
        rows = rows.filter(reason__icontains=asked.reason)
    return risk.RISKS[asked.risk].among(rows, asked.since, asked.until) if asked.risk else rows


def _equal(asked: Asked) -> Q:
    wanted = {
        "participant_id": asked.participant.pk if asked.participant else None,
        "site_id": asked.site,
        "actor": asked.who,
        "actor_role": asked.role,
        "kind": asked.kind,
    }
    return Q(**{name: value for name, value in wanted.items() if value})


def within(since: date | None, until: date | None) -> Q:
    """Events from the beginning of one day to the end of another, both in UTC."""
    found = Q()
    if since:
        found &= Q(at__gte=datetime.combine(since, time(), UTC))
    if until:
        found &= Q(at__lt=datetime.combine(until, time(), UTC) + timedelta(days=1))
    return found


def _visits(label: str) -> Any:
    code, _space, number = label.partition(" ")
    return Visit.objects.filter(code=code, number=int(number) if number.isdigit() else 0)


def page(rows: EventQuerySet, before: int | None) -> tuple[list[Event], int | None]:
    """One page, newest first, and the number before which the next one begins."""
    if before is not None:
        rows = rows.filter(id__lt=before)
    found = list(rows.order_by("-id")[: PAGE + 1])
    return found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else None


@dataclass(frozen=True, slots=True)
class Names:
    """What the events of one page are about, by id."""

    participants: Mapping[int, str]
    visits: Mapping[int, str]
    sites: Mapping[int, Site]
    people: Mapping[str, str]
    laboratories: Mapping[int, str]
    unblinded: Unblinded


def names_for(found: Sequence[Event]) -> Names:
    """Codes, labels, names and unblindings for some events; six statements at most."""
    people = User.objects.filter(username__in={event.actor for event in found})
    visits = Visit.objects.filter(pk__in=_ids(event.visit_id for event in found))
    persons = Participant.objects.filter(pk__in=_ids(event.participant_id for event in found))
    return Names(
        participants=dict(persons.order_by().values_list("pk", "code")),
        visits={visit.pk: visit.label for visit in visits.order_by()},
        sites=Site.objects.in_bulk(_ids(event.site_id for event in found)),
        people=dict(people.values_list("username", "full_name")),
        laboratories=laboratories_in(found),
        unblinded=unblinded_among(_ids(event.participant_id for event in found)),
    )


def _ids(numbers: Iterable[int | None]) -> list[int]:
    return sorted({number for number in numbers if number is not None})
