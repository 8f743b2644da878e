"""The casebook page: rows of cells, each a state with its colour, shape, word and address."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from patients.models import Participant
from reports.forms import CasebookFilter
from reports.links import Links
from reports.selectors.casebook import Column, columns, participants, visits_of
from reports.selectors.verification import Plans, Sdv, statuses
from reports.states import LOOKS, VisitRow
from trial.access import policy
from trial.access.models import User
from trial.access.roles import Permission
from trial.access.selectors import sites_of
from trial.quality.selectors.queries import counts_by_visit
from trial.web.formats import localized

PAGE = 50
SDV_WORDS = {
    "changed": gettext_lazy("Changed since verified"),
    "verified": gettext_lazy("Verified"),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One visit in the grid; `label` is what a screen reader says and a pointer sees."""

    visit: VisitRow
    url: str
    label: str
    queries: int = 0
    sdv: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One participant: a list of cells per column, the last one of the unscheduled visits."""

    participant: Participant
    cells: list[list[Cell]]


def page(user: User, query: Mapping[str, str]) -> dict[str, Any]:
    """The casebook's context, filtered and paged by what the address says."""
    form = CasebookFilter(list(sites_of(user, Permission.REPORT_VIEW)), query)
    choice = form.choice()
    shown = Paginator(participants(user, **choice), PAGE).get_page(query.get("page"))
    visits, links, scheduled = visits_of(shown.object_list), Links(user), columns()
    marks = Marks(user, shown.object_list)
    return {
        "form": form,
        "active": sum(bool(value) for value in choice.values()),
        "page": shown,
        "columns": scheduled,
        "rows": [_row(one, visits[one.pk], scheduled, links, marks) for one in shown.object_list],
        "legend": LOOKS.values(),
    }


def _row(
    participant: Participant,
    visits: Mapping[str, list[VisitRow]],
    scheduled: list[Column],
    links: Links,
    marks: "Marks",
) -> Row:
    codes = {column.code for column in scheduled}
    cells = [
        [_cell(one, links, marks) for one in visits.get(column.code, [])] for column in scheduled
    ]
    others = [one for code, found in visits.items() if code not in codes for one in found]
    return Row(participant, [*cells, [_cell(one, links, marks) for one in others]])


def _cell(visit: VisitRow, links: Links, marks: "Marks") -> Cell:
    words = [str(visit.look.word), visit.detail]
    if visit.out_of_window:
        words.append(_("out of window"))
    queries, sdv = marks.queries(visit), marks.sdv(visit)
    if queries:
        words.append(ngettext("%(count)s query", "%(count)s queries", queries) % {"count": queries})
    if sdv:
        words.append(str(SDV_WORDS[sdv]))
    text = ", ".join(word for word in words if word)
    label = _("%(code)s, %(visit)s: %(state)s") % {
        "code": visit.participant,
        "visit": localized(visit.name),
        "state": text,
    }
    return Cell(visit, links.visit(visit), label, queries, sdv)


class Marks:
    """What stands on the cells of a page: queries that wait, and verification. Three statements."""

    def __init__(self, user: User, people: Iterable[Participant]) -> None:
        shown = {person.pk: person for person in people}
        self._queries = counts_by_visit(user, list(shown))
        self._sdv: dict[int, set[Sdv]] = {}
        if not shown or not policy.can(user, Permission.SDV_VIEW):
            return
        plans = Plans()
        for row in statuses(list(shown)):
            if row.visit_id is not None:
                person = shown[row.participant_id]
                state = plans.state(row, person.site_id, person.code)
                self._sdv.setdefault(row.visit_id, set()).add(state)

    def queries(self, visit: VisitRow) -> int:
        """How many queries about the visit are not closed."""
        return self._queries.get((visit.participant_id, visit.id), 0)

    def sdv(self, visit: VisitRow) -> str:
        """ "changed" if anything verified has changed, "verified" if nothing is left to verify."""
        states = self._sdv.get(visit.id, set())
        if Sdv.CHANGED in states:
            return Sdv.CHANGED.value
        done = Sdv.VERIFIED in states and states <= {Sdv.VERIFIED, Sdv.NOT_ASKED}
        return Sdv.VERIFIED.value if done else ""
