"""The casebook page: rows of cells, each a state with its colour, shape, word and address."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.utils.translation import gettext as _

from patients.models import Participant
from reports.forms import CasebookFilter
from reports.links import Links
from reports.selectors.casebook import Column, columns, participants, visits_of
from reports.states import LOOKS, VisitRow
from trial.access.models import User
from trial.access.roles import Permission
from trial.access.selectors import sites_of
from trial.web.formats import localized

PAGE = 50


@dataclass(frozen=True, slots=True)
class Cell:
    """One visit in the grid; `label` is what a screen reader says and a pointer sees."""

    visit: VisitRow
    url: str
    label: str


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
    return {
        "form": form,
        "active": sum(bool(value) for value in choice.values()),
        "page": shown,
        "columns": scheduled,
        "rows": [_row(one, visits[one.pk], scheduled, links) for one in shown.object_list],
        "legend": LOOKS.values(),
    }


def _row(
    participant: Participant,
    visits: Mapping[str, list[VisitRow]],
    scheduled: list[Column],
    links: Links,
) -> Row:
    codes = {column.code for column in scheduled}
    cells = [[_cell(one, links) for one in visits.get(column.code, [])] for column in scheduled]
    others = [one for code, found in visits.items() if code not in codes for one in found]
    return Row(participant, [*cells, [_cell(one, links) for one in others]])


def _cell(visit: VisitRow, links: Links) -> Cell:
    words = [str(visit.look.word), visit.detail]
    if visit.out_of_window:
        words.append(_("out of window"))
    text = ", ".join(word for word in words if word)
    label = _("%(code)s, %(visit)s: %(state)s") % {
        "code": visit.participant,
        "visit": localized(visit.name),
        "state": text,
    }
    return Cell(visit, links.visit(visit), label)
