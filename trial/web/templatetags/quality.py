"""How queries and verifications show on the pages of every app: {% load quality %}."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import template

from trial.quality.models import Query
from trial.quality.selectors.queries import Marks
from trial.quality.wording import question_text

register = template.Library()
register.filter("question", question_text)
TONES = {"open": "to-do", "answered": "pending", "closed": "done"}
register.filter("query_look", lambda query: TONES[query.status])


@register.simple_tag
def marks_of(
    marks: Mapping[tuple[str, int], Marks], table: str, record: int | None
) -> Marks | None:
    """The marks of one record among those of a page."""
    return marks.get((table, record)) if record is not None else None


@register.inclusion_tag("quality/_mark.html")
def query_mark(
    marks: Marks | None, kind: str, record: int, field: str, may_raise: bool, what: str
) -> dict[str, Any]:
    """The queries about one value, and the way to ask about it. See quality/_mark.html."""
    return {
        "marks": marks,
        "kind": kind,
        "record": record,
        "field": field,
        "may_raise": may_raise,
        "what": what,
    }


@register.inclusion_tag("quality/_waiting.html", takes_context=True)
def waiting_queries(
    context: template.Context,
    queries: Sequence[Query],
    records: Sequence[tuple[str, int, str]] = (),
    may_raise: bool = False,
) -> dict[str, Any]:
    """Queries that are not closed, and a way to ask about each of `records` (kind, id, name)."""
    return {
        "request": context["request"],
        "queries": queries,
        "records": records if may_raise else (),
    }


@register.filter
def slug_label(label: str) -> str:
    """A visit's label as addresses have it: "UNS 2" is "UNS-2"."""
    return label.replace(" ", "-")
