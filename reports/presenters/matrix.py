"""The casebook page: rows of cells, each a state with its colour, shape, word and address."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from patients.models import Participant
from reports.forms import CasebookFilter
from reports.links import Links
from reports.selectors.casebook import Column, columns, participants, visits_of
from reports.selectors.open_work import At, open_queries
from reports.states import LOOKS, VisitRow
from trial.access.models import User
from trial.access.roles import Permission
from trial.access.selectors import sites_of
from trial.quality.selectors.holds import Standing, standing_over
from trial.quality.selectors.verification import Counts, progress_of
from trial.signing.selectors import Signatures, signatures_of
from trial.web.formats import localized

PAGE = 50


@dataclass(frozen=True, slots=True)
class Cell:
    """One visit in the grid; `label` is what a screen reader says and a pointer sees."""

    visit: VisitRow
    url: str
    label: str
    held: bool
    signed: str
    verified: str
    queries: int


@dataclass(frozen=True, slots=True)
class Drawing:
    """What the cells of one page are drawn with."""

    links: Links
    held: Standing
    signed: Signatures
    verified: Mapping[At, Counts]
    queries: Counter[At]


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
    visits, scheduled = visits_of(shown.object_list), columns()
    ids = [person.pk for person in shown.object_list]
    draw = Drawing(
        links=Links(user),
        held=standing_over(ids),
        signed=signatures_of(ids),
        verified=progress_of(ids).by_place(),
        queries=open_queries(ids),
    )
    return {
        "form": form,
        "active": sum(bool(value) for value in choice.values()),
        "page": shown,
        "columns": scheduled,
        "rows": [_row(one, visits[one.pk], scheduled, draw) for one in shown.object_list],
        "legend": LOOKS.values(),
    }


def _row(
    participant: Participant,
    visits: Mapping[str, list[VisitRow]],
    scheduled: list[Column],
    draw: Drawing,
) -> Row:
    codes = {column.code for column in scheduled}
    cells = [[_cell(one, draw) for one in visits.get(column.code, [])] for column in scheduled]
    others = [one for code, found in visits.items() if code not in codes for one in found]
    return Row(participant, [*cells, [_cell(one, draw) for one in others]])


def _cell(visit: VisitRow, draw: Drawing) -> Cell:
    held = draw.held.over(visit.site_id, visit.participant_id, visit.id)
    signed = draw.signed.visit(visit.id)
    words = [str(visit.look.word), visit.detail]
    if visit.out_of_window:
        words.append(_("out of window"))
    words.append({"intact": _("signed"), "broken": _("changed after signing")}.get(signed, ""))
    words.append(str(held.get_kind_display()) if held else "")
    verified = draw.verified.get((visit.participant_id, visit.id), Counts()).state
    words.append(
        {"verified": _("verified"), "changed": _("changed since verified")}.get(verified, "")
    )
    queries = draw.queries[visit.participant_id, visit.id]
    if queries:
        text = ngettext("%(count)s query", "%(count)s queries", queries)
        words.append(text % {"count": queries})
    text = ", ".join(word for word in words if word)
    label = _("%(code)s, %(visit)s: %(state)s") % {
        "code": visit.participant,
        "visit": localized(visit.name),
        "state": text,
    }
    return Cell(visit, draw.links.visit(visit), label, held is not None, signed, verified, queries)
