"""Visits as work: which are due, overdue, without labs or incomplete. Set-based."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Exists, F, OuterRef, Q, Sum

from reports.states import State, VisitRow
from trial.access.policy import AnyUser
from trial.access.roles import Permission
from visits.models import Status, Visit, VisitQuerySet
from visits.selectors.visits import EXPECTED, SiteDay

SOON = timedelta(days=7)
_PLANNED = Q(status=Status.PLANNED, participant__status__in=EXPECTED)
_HELD = Q(status=Status.HELD)

# The same reading as VisitRow.state, for the database.
WHERE: dict[State, Q] = {
    State.NOT_DUE: _PLANNED & (Q(opens_on=None) | Q(opens_on__gt=F("today"))),
    State.TO_DO: _PLANNED & Q(opens_on__lte=F("today"), closes_on__gte=F("today")),
    State.NEEDS_LABS: _HELD & Q(panel=None),
    State.OVERDUE: _PLANNED & Q(closes_on__lt=F("today")),
    State.INCOMPLETE: _HELD & Q(panel__filled__lt=F("panel__expected")),
    State.DONE: _HELD & Q(panel__filled__gte=F("panel__expected")),
    State.MISSED: Q(status=Status.MISSED),
    State.NOT_EXPECTED: Q(status=Status.PLANNED) & ~Q(participant__status__in=EXPECTED),
}
SOON_DUE = _PLANNED & Q(opens_on__gt=F("today"), opens_on__lte=F("today") + SOON)

_FIELDS = {
    "id": "id",
    "participant_id": "participant_id",
    "participant": "participant__code",
    "participant_status": "participant__status",
    "site_id": "participant__site_id",
    "code": "code",
    "number": "number",
    "position": "position",
    "status": "status",
    "target_on": "target_on",
    "opens_on": "opens_on",
    "closes_on": "closes_on",
    "held_on": "held_on",
    "reason": "reason",
    "protocol_version": "protocol_version",
    "expected": "panel__expected",
    "filled": "panel__filled",
    "today": "today",
}


def dated(visits: VisitQuerySet) -> VisitQuerySet:
    """The visits, each with `today` at its site."""
    return visits.annotate(today=SiteDay("participant__site__timezone"))


def rows(visits: VisitQuerySet) -> list[VisitRow]:
    """Dated visits as plain rows; one statement."""
    values = visits.values_list(*_FIELDS.values())
    return [VisitRow(*row) for row in values]


def in_state(user: AnyUser, states: Iterable[State]) -> VisitQuerySet:
    """The user's visits in any of the states, those with the oldest window first."""
    wanted = Q()
    for state in states:
        wanted |= WHERE[state]
    visible = dated(Visit.objects.visible_to(user))
    return visible.filter(wanted).order_by("closes_on", "participant__code", "position")


def soon(user: AnyUser) -> VisitQuerySet:
    """Visits whose window opens within a week."""
    return dated(Visit.objects.visible_to(user)).filter(SOON_DUE).order_by("opens_on", "id")


@dataclass(frozen=True, slots=True)
class Work:
    """How much there is to do."""

    overdue: int
    due: int
    soon: int
    needs_labs: int
    incomplete: int


def work(user: AnyUser) -> Work:
    """The user's visits counted by what is to be done; one statement."""
    counts = dated(Visit.objects.visible_to(user)).aggregate(
        overdue=Count("id", filter=WHERE[State.OVERDUE]),
        due=Count("id", filter=WHERE[State.TO_DO]),
        soon=Count("id", filter=SOON_DUE),
        needs_labs=Count("id", filter=WHERE[State.NEEDS_LABS]),
        incomplete=Count("id", filter=WHERE[State.INCOMPLETE]),
    )
    return Work(**counts)


@dataclass(frozen=True, slots=True)
class VisitCounts:
    """The visits of one site under one code, counted.

    `expected` and `filled` count values: of every visit that was held or whose window has closed.
    """

    site_id: int
    code: str
    overdue: int
    due: int
    held: int
    missed: int
    needs_labs: int
    incomplete: int
    complete: int
    expected: int
    filled: int


def counts_by_site(user: AnyUser) -> list[VisitCounts]:
    """One row per site and visit code the user may see; one statement."""
    found = (
        dated(Visit.objects.visible_to(user, Permission.REPORT_VIEW))
        .values("participant__site_id", "code")
        .annotate(
            overdue=Count("id", filter=WHERE[State.OVERDUE]),
            due=Count("id", filter=WHERE[State.TO_DO]),
            held=Count("id", filter=_HELD),
            missed=Count("id", filter=WHERE[State.MISSED]),
            needs_labs=Count("id", filter=WHERE[State.NEEDS_LABS]),
            incomplete=Count("id", filter=WHERE[State.INCOMPLETE]),
            complete=Count("id", filter=WHERE[State.DONE]),
            expected=Sum("panel__expected", default=0),
            filled=Sum("panel__filled", default=0),
        )
        .order_by("participant__site_id", "code")
        .values_list(
            "participant__site_id", "code", "overdue", "due", "held", "missed", "needs_labs",
            "incomplete", "complete", "expected", "filled",
        )
    )  # fmt: skip
    return [VisitCounts(*row) for row in found]


def has_visit_in(state: State) -> Exists:
    """For a participant queryset: whether any visit of theirs is in the state."""
    return Exists(dated(Visit.objects.filter(participant=OuterRef("pk"))).filter(WHERE[state]))
