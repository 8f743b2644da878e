"""Reading about visits: what comes next, what is due, what is overdue."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import (
    Case,
    Count,
    DateField,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from patients.models import Participant, ParticipantQuerySet
from patients.models import Status as ParticipantStatus
from trial.access.policy import AnyUser
from trial.protocol import registry
from trial.protocol.label import Label
from trial.protocol.schedule import placement, window_state
from trial.web import status as looks
from visits.models import Status, Visit, VisitQuerySet

EXPECTED = (ParticipantStatus.SCREENING, ParticipantStatus.ENROLLED)
OVERDUE, DUE, UPCOMING = 0, 1, 2
SOON = 30  # days before a window opens from which they are counted


class SiteDay(Func):
    """The calendar date now at a site whose time zone stands in the column `zone`."""

    template = "(%(expressions)s)::date"
    arg_joiner = " AT TIME ZONE "
    output_field = DateField()

    def __init__(self, zone: str) -> None:
        super().__init__(Value(timezone.now()), F(zone))


def visit_name(visit: Visit) -> Label:
    """The visit's name in both languages, under the protocol version it was planned by."""
    name = registry.get(visit.protocol_version).visit(visit.code).name
    if not visit.number:
        return name
    return Label(f"{name.en} {visit.number}", f"{name.zh}{visit.number}")


@dataclass(frozen=True, slots=True)
class Standing:
    """How a visit stands today: the look of its state, in words, and days past its window."""

    look: looks.Status
    word: str | Promise
    overdue_days: int = 0

    @property
    def waiting(self) -> bool:
        """Whether there is something to do about it now."""
        return self.look in (looks.Status.TO_DO, looks.Status.NEEDS_YOU)


def standing(visit: Visit, today: date, *, expected: bool = True) -> Standing:
    """How `visit` stands on `today` at its site; `expected`: the participant still takes part."""
    if visit.status == Status.HELD:
        return _held(visit)
    if visit.status == Status.MISSED:
        return Standing(looks.Status.MISSED, gettext_lazy("Missed"))
    if not expected:
        return Standing(looks.Status.NOT_DUE, gettext_lazy("No longer expected"))
    if visit.opens_on is None or visit.closes_on is None:
        return Standing(looks.Status.TO_DO, gettext_lazy("Due"))
    state = window_state(visit.opens_on, visit.closes_on, today)
    if state == "not_due":
        return Standing(looks.Status.NOT_DUE, _opening((visit.opens_on - today).days))
    if state == "due":
        return Standing(looks.Status.TO_DO, _closing((visit.closes_on - today).days))
    days = (today - visit.closes_on).days
    word = ngettext("%(days)s day overdue", "%(days)s days overdue", days) % {"days": days}
    return Standing(looks.Status.NEEDS_YOU, word, days)


def _opening(days: int) -> str:
    if days > SOON:
        return _("Not due")
    return ngettext("Opens in %(days)s day", "Opens in %(days)s days", days) % {"days": days}


def _closing(days: int) -> str:
    if not days:
        return _("Due, last day")
    return ngettext("Due, %(days)s day left", "Due, %(days)s days left", days) % {"days": days}


def _held(visit: Visit) -> Standing:
    word = _("Held")
    if visit.held_on and visit.opens_on and visit.closes_on:
        place = placement(visit.held_on, visit.opens_on, visit.closes_on)
        word = {"early": _("Held early"), "late": _("Held late"), "in_window": word}[place]
    return Standing(looks.Status.DONE, word)


@dataclass(frozen=True, slots=True)
class VisitRow:
    """A visit as a list shows it."""

    visit: Visit
    name: Label
    standing: Standing

    @property
    def slug(self) -> str:
        """The visit in an address: "W36", "UNS-2"."""
        return self.visit.slug


def visit_rows(participant: Participant) -> list[VisitRow]:
    """Every visit of a participant in the order of time: scheduled by target, others by date."""
    today = participant.site.today()
    expected = participant.status in EXPECTED
    visits = sorted(participant.visits.all(), key=_in_time)
    return [VisitRow(v, visit_name(v), standing(v, today, expected=expected)) for v in visits]


def _in_time(visit: Visit) -> tuple[bool, date, int, int]:
    on = visit.held_on or visit.target_on
    return on is None, on or date.max, visit.position, visit.number


@dataclass(frozen=True, slots=True)
class ParticipantRow:
    """A participant as the list shows them, with the next visit where one is expected."""

    participant: Participant
    next: VisitRow | None


def with_next_visit(participants: ParticipantQuerySet) -> ParticipantQuerySet:
    """Annotates `next_on` and `next_closes` of the first visit still to be recorded."""
    planned = Visit.objects.filter(participant=OuterRef("pk"), status=Status.PLANNED)
    first = planned.filter(target_on__isnull=False).order_by("target_on", "position")
    enrolled = Q(status=ParticipantStatus.ENROLLED)
    return participants.annotate(
        next_id=Case(When(enrolled, then=Subquery(first.values("pk")[:1]))),
        next_on=Case(When(enrolled, then=Subquery(first.values("target_on")[:1]))),
        next_closes=Case(When(enrolled, then=Subquery(first.values("closes_on")[:1]))),
    )


SORTS = {
    "code": ("code",),
    "status": ("status", "code"),
    "next": ("next_on", "code"),
    "overdue": ("next_closes", "code"),
}


def sorted_by(participants: ParticipantQuerySet, sort: str) -> ParticipantQuerySet:
    """In the order of one of SORTS, "-" before it for the other way round; unknown: by code.

    Participants without a next visit come last either way.
    """
    fields = SORTS.get(sort.removeprefix("-"), SORTS["code"])
    first, *rest = fields
    way = F(first).desc(nulls_last=True) if sort.startswith("-") else F(first).asc(nulls_last=True)
    return participants.order_by(way, *rest)


def participant_rows(participants: Iterable[Participant]) -> list[ParticipantRow]:
    """Rows for one page of `with_next_visit`, in one statement more."""
    found = list(participants)
    ids = [next_id for p in found if (next_id := getattr(p, "next_id", None))]
    visits = Visit.objects.in_bulk(ids)
    return [_participant_row(p, visits.get(getattr(p, "next_id", None) or 0)) for p in found]


def _participant_row(participant: Participant, visit: Visit | None) -> ParticipantRow:
    if visit is None:
        return ParticipantRow(participant, None)
    state = standing(visit, participant.site.today())
    return ParticipantRow(participant, VisitRow(visit, visit_name(visit), state))


def work_list(user: AnyUser, *, days: int) -> VisitQuerySet:
    """Visits overdue, due, or opening within `days`, the one that has waited longest first."""
    expected = Visit.objects.visible_to(user).filter(
        status=Status.PLANNED,
        target_on__isnull=False,
        participant__status=ParticipantStatus.ENROLLED,
    )
    today = expected.annotate(today=SiteDay("participant__site__timezone"))
    urgency = Case(
        When(closes_on__lt=F("today"), then=Value(OVERDUE)),
        When(opens_on__lte=F("today"), then=Value(DUE)),
        default=Value(UPCOMING),
        output_field=IntegerField(),
    )
    soon = today.filter(opens_on__lte=F("today") + Value(days, output_field=IntegerField()))
    return (
        soon.annotate(urgency=urgency)
        .select_related("participant__site")
        .order_by("urgency", "closes_on", "participant__code", "position")
    )


def in_state(visits: VisitQuerySet, urgency: int) -> VisitQuerySet:
    """The part of a `work_list` that is OVERDUE, DUE or UPCOMING."""
    return visits.filter(Q(urgency=urgency))


def work_counts(visits: VisitQuerySet) -> dict[str, int]:
    """How many of a `work_list` are "overdue", "due" and "upcoming"."""
    return visits.order_by().aggregate(
        overdue=Count("pk", filter=Q(urgency=OVERDUE)),
        due=Count("pk", filter=Q(urgency=DUE)),
        upcoming=Count("pk", filter=Q(urgency=UPCOMING)),
    )


def work_rows(visits: Iterable[Visit]) -> list[VisitRow]:
    """Rows for one page of a `work_list`."""
    return [
        VisitRow(visit, visit_name(visit), standing(visit, visit.participant.site.today()))
        for visit in visits
    ]
