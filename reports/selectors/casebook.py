"""The casebook: participants by visits, one page of participants at a time."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from labs.models import ResponseAssessment
from labs.selectors import pending
from patients.models import Participant
from reports.selectors.attention import ENDPOINT, RELAPSE
from reports.selectors.visits import dated, has_visit_in, rows
from reports.states import State, VisitRow
from trial.access.policy import AnyUser
from trial.access.roles import Permission
from trial.protocol import registry
from trial.protocol.label import Label
from visits.models import Visit


@dataclass(frozen=True, slots=True)
class Column:
    """One scheduled visit of any protocol version."""

    code: str
    name: Label


def columns() -> list[Column]:
    """The scheduled visits of all protocol versions, in the order of the newest that has them."""
    found = {}
    for number in registry.numbers():
        for visit in registry.get(number).visits:
            if visit.kind != "unscheduled":
                found[visit.code] = (visit.order, Column(visit.code, visit.name))
    return [column for _order, column in sorted(found.values(), key=lambda pair: pair[0])]


def participants(
    user: AnyUser, *, site: str = "", status: str = "", state: str = ""
) -> QuerySet[Participant]:
    """The user's participants that fit, with `pending` and `relapsed`.

    `state` keeps those with at least one visit in it.
    """
    found = Participant.objects.visible_to(user, Permission.REPORT_VIEW).select_related("site")
    if site:
        found = found.filter(site__code=site)
    if status:
        found = found.filter(status=status)
    if state:
        found = found.filter(has_visit_in(State(state)))
    mine = {"participant": OuterRef("pk")}
    flagged = ResponseAssessment.objects.current().filter(rule=ENDPOINT, outcome=RELAPSE, **mine)
    annotated = found.annotate(pending=Exists(pending().filter(**mine)), relapsed=Exists(flagged))
    return annotated.order_by("code")


def visits_of(shown: Iterable[Participant]) -> dict[int, dict[str, list[VisitRow]]]:
    """The visits of these participants by participant and code; one statement."""
    ids = [participant.pk for participant in shown]
    visits = dated(Visit.objects.filter(participant__in=ids)).order_by("position", "number")
    found: dict[int, dict[str, list[VisitRow]]] = defaultdict(lambda: defaultdict(list))
    for row in rows(visits):
        found[row.participant_id][row.code].append(row)
    return found
