"""Queries as pages show them: lines of a list, and one with its thread and the value's past."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from reports.query_forms import QueryFilter
from reports.records import KIND_OF_TABLE, Found, NotThere, find, shown
from reports.selectors import asked as selectors
from reports.selectors.changes import laboratories_in, named_changes
from reports.wording import FORM_NAMES
from trial.access.models import User
from trial.access.policy import AnyUser, can, roles_for
from trial.access.roles import ROLES, Permission, Role
from trial.access.selectors import sites_of
from trial.audit.changes import FieldChange
from trial.audit.models import Event
from trial.quality.models import Query, QueryMessage, Status, Step
from trial.quality.rules import closing_role, may_answer, may_reopen
from trial.quality.selectors.asked import ageing
from trial.web.parts import Entry, Tab

PAGE = 50
# Columns that are one value to a person: who corrects the unit corrects the value.
TOGETHER: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("labs_result", "text"): ("text", "unit", "not_done"),
}
TONES = {Status.OPEN: "amber", Status.ANSWERED: "blue", Status.CLOSED: "green"}
ICONS = {
    Status.OPEN: "message-circle-question",
    Status.ANSWERED: "message-circle-check",
    Status.CLOSED: "circle-check",
}
STEP_LOOKS = {
    Step.RAISED: ("message-circle-question", "amber"),
    Step.ANSWERED: ("message-circle-check", "blue"),
    Step.REOPENED: ("rotate", "amber"),
    Step.CLOSED: ("circle-check", "green"),
    Step.ASSIGNED: ("user-check", "grey"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One query of a list; `url` leads to it, `where` to the form."""

    query: Query
    question: str
    answer: str
    days: int
    tone: str
    icon: str
    form: Any


def line(query: Query, now: datetime) -> Line:
    """A query of `with_words` as a line."""
    chinese = (get_language() or "en").startswith("zh")
    said: Any = query
    return Line(
        query=query,
        question=(said.question_zh if chinese and said.question_zh else said.question) or "",
        answer=said.answer or "",
        days=((query.closed_at or now) - query.opened_at).days,
        tone=TONES[Status(query.status)],
        icon=ICONS[Status(query.status)],
        form=FORM_NAMES.get(query.form, query.form),
    )


def lines(rows: Any) -> list[Line]:
    """Queries of `with_words` as lines."""
    now = timezone.now()
    return [line(query, now) for query in rows]


def tabs(active: str) -> list[Tab]:
    """The list, the numbers by site, and what asks by itself."""
    return [
        Tab(_("Queries"), reverse("reports:queries"), active=active == "list"),
        Tab(_("By site"), reverse("reports:query_metrics"), active=active == "metrics"),
        Tab(_("Edit checks"), reverse("reports:checks"), active=active == "checks"),
    ]


def page(user: User, given: Mapping[str, str]) -> dict[str, Any]:
    """The list's context. As many statements for a long list as for a short one."""
    form = QueryFilter(list(sites_of(user, Permission.QUERY_VIEW)), given)
    choice, now = form.choice(), timezone.now()
    rows = selectors.listed(user, choice)
    every = with_site(selectors.with_words(selectors.of_age(rows, choice["age"], now),
                                           given.get("sort", "")))  # fmt: skip
    found = Paginator(every, PAGE).get_page(given.get("page"))
    return {
        "form": form,
        "active": sum(bool(value) for value in choice.values()),
        "buckets": [(one, n, one.code == choice["age"]) for one, n in ageing(rows, now)],
        "kept": {name: value for name, value in choice.items() if value and name != "age"},
        "page": found,
        "lines": lines(found.object_list),
        "may_close": bool(can(user, Permission.QUERY_CLOSE)),
        "tabs": tabs("list"),
    }


def with_site(rows: Any) -> Any:
    return rows.select_related("site", "assignee")


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one field of the record, from the trail."""

    at: datetime
    who: str
    field: Any
    before: str
    after: str
    reason: str


def record_of(query: Query, user: AnyUser) -> Found | None:
    """The record a query is about, or None where the user may not see it."""
    kind = KIND_OF_TABLE.get(query.table)
    try:
        return find(user, kind.code, query.record_id) if kind else None
    except NotThere:
        return None


def value_of(found: Found | None, field: str) -> str:
    """The value that is asked about, as it stands; "" for a record as a whole."""
    if found is None or field not in found.fields:
        return ""
    columns = TOGETHER.get((found.kind.table, field), (field,))
    return " ".join(filter(None, (found.value(column) for column in columns)))


def detail(query: Query, user: AnyUser) -> dict[str, Any]:
    """One query's context: thread, value then and now, and what the trail says (R-12)."""
    found = record_of(query, user)
    thread = list(query.messages.all())
    zone = query.site.timezone
    roles = roles_for(user, Permission.QUERY_CLOSE, query.site_id)
    return {
        "query": query,
        "line_icon": ICONS[Status(query.status)],
        "tone": TONES[Status(query.status)],
        "form_name": FORM_NAMES.get(query.form, query.form),
        "field_name": found.fields.get(query.field, "") if found else query.field,
        "found": found,
        "correct_url": _correct_url(query, found),
        "then": next((one.value for one in thread if one.value), ""),
        "now": value_of(found, query.field),
        "thread": [_entry(one, zone) for one in thread],
        "changes": changes(found, query.field) if found else [],
        "zone": zone,
        "may_answer": may_answer(query) and can(user, Permission.QUERY_ANSWER, query.site_id),
        "may_close": query.status != Status.CLOSED and bool(closing_role(query, roles)),
        "may_reopen": may_reopen(query) and can(user, Permission.QUERY_RAISE, query.site_id),
        "may_assign": bool(roles) and query.status != Status.CLOSED,
    }  # fmt: skip


def _correct_url(query: Query, found: Found | None) -> str:
    """The form with the query named in it, so that a correction says why (R-13)."""
    if found is None:
        return ""
    address, _hash, anchor = found.url.partition("#")
    if query.form == "labs" and query.visit_id is not None:
        # What is missing is asked about the visit, and entered on its lab form.
        address = reverse("labs:entry", args=[query.visit_id])
    return f"{address}?query={query.pk}" + (f"#{anchor}" if anchor else "")


def _entry(message: QueryMessage, zone: str) -> Entry:
    icon, tone = STEP_LOOKS[Step(message.step)]
    title = str(message.get_step_display()).capitalize()
    known = message.role in set(Role)
    who = f"{message.by} · {ROLES[Role(message.role)].name}" if known else message.by
    body = message.said
    if message.step == Step.ASSIGNED:
        body = _("to %(whom)s") % {"whom": message.value}
    elif message.value:
        body = _("%(text)s (the value then: %(value)s)") % {"text": body, "value": message.value}
    return Entry(at=message.at, title=title, who=who, body=body, icon=icon, tone=tone, zone=zone)


def changes(found: Found, field: str = "") -> list[Change]:
    """What became of a value, or of the whole record: the newest events that touched it."""
    record, columns = found.record(), _columns(found, field)
    rows = Event.objects.of_record(record.table, record.id).changes().touching(columns)
    newest = list(rows.order_by("-id")[:PAGE])
    laboratories = laboratories_in(newest)
    return [
        _change(found, event, one)
        for event in newest
        for one in named_changes(event, laboratories)
        if one.field in columns
    ]


def _columns(found: Found, field: str) -> Sequence[str]:
    """The columns that are asked about: those of the value, or all of the record."""
    together = TOGETHER.get((found.kind.table, field), (field,))
    return together if field in found.fields else tuple(found.fields)


def _change(found: Found, event: Event, one: FieldChange) -> Change:
    return Change(
        at=event.at,
        who=event.actor,
        field=found.fields[one.field],
        before=shown(found.kind, one.field, one.old),
        after=shown(found.kind, one.field, one.new),
        reason=event.reason,
    )
